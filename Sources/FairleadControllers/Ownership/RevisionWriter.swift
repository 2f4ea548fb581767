import FairleadClient
import FairleadModel

/// Brings the ControllerRevisions of a workload up to date.
struct RevisionWriter: Sendable {
    let client: any ObjectClient

    /// What is there after all has been written.
    struct Settled {
        /// The current revision as stored.
        var revision: Value
        /// How many names were taken, if it was counted now.
        var collisionCount: Int64?
    }

    func settle(_ history: RevisionHistory) async throws -> Settled {
        let (revision, change) = history.current()
        switch change {
        case nil: return Settled(revision: revision)
        case .renumber(let changed):
            return Settled(revision: try await client.update(.controllerRevisions, changed, subresource: nil))
        case .create(let new): return try await create(new, history)
        }
    }

    /// A name that is taken is another try with another name for a StatefulSet, and for a DaemonSet an error, after the
    /// collision has been counted in its status.
    private func create(_ new: Value, _ history: RevisionHistory) async throws -> Settled {
        var settled = Settled(revision: new)
        while true {
            do throws(APIStatus) {
                settled.revision = try await client.create(
                    .controllerRevisions, namespace: new.namespace, settled.revision)
                return settled
            } catch {
                guard error.reason == "AlreadyExists" else { throw error }
            }
            let name = settled.revision.name
            let existing = try await client.get(.controllerRevisions, namespace: new.namespace, name: name)
            if existing["data"] == new["data"] {
                // The cache has not shown it yet.
                settled.revision = existing
                return settled
            }
            let count = (settled.collisionCount ?? history.collisionCount ?? 0) +| 1
            if history.style == .daemonSet {
                var status = history.owner["status"] ?? .object(Object())
                status["collisionCount"] = .int(count)
                try await client.updateStatus(.daemonSets, of: history.owner, to: status)
                throw HashCollision()
            }
            settled.collisionCount = count
            settled.revision.name = history.name(of: new, collisionCount: count)
        }
    }

    func delete(_ revisions: [Value]) async throws(APIStatus) {
        for revision in revisions {
            try await ignoringNotFound(
                await client.delete(.controllerRevisions, namespace: revision.namespace, name: revision.name))
        }
    }
}
