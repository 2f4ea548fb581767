import FairleadClient
import FairleadModel

/// Brings the ControllerRevisions of a workload up to date.
struct RevisionWriter: Sendable {
    let client: any ObjectClient

    /// Returns the current revision as stored.
    func settle(_ history: RevisionHistory) async throws(APIStatus) -> Value {
        let (revision, change) = history.current()
        switch change {
        case nil: return revision
        case .renumber(let changed): return try await client.update(.controllerRevisions, changed, subresource: nil)
        case .create(let new):
            do {
                return try await client.create(.controllerRevisions, namespace: new.namespace, new)
            } catch {
                // The cache has not shown it yet.
                guard error.reason == "AlreadyExists" else { throw error }
                return try await client.get(.controllerRevisions, namespace: new.namespace, name: new.name)
            }
        }
    }

    func delete(_ revisions: [Value]) async throws(APIStatus) {
        for revision in revisions {
            try await ignoringNotFound(
                await client.delete(.controllerRevisions, namespace: revision.namespace, name: revision.name))
        }
    }
}
