import FairleadClient
import FairleadModel

/// Brings the ControllerRevisions of a workload up to date.
struct RevisionWriter: Sendable {
    let client: any ObjectClient

    /// The outcome once everything has been written.
    struct Settled {
        /// The current revision as stored.
        var revision: Value
        /// The number of name collisions, if there was a new one.
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

    /// If the name is taken, a StatefulSet tries another name; for a DaemonSet it is an error, once the collision has
    /// been counted in its status.
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
                // It was created earlier and is not in the cache yet.
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
