import FairleadClient
import FairleadModel

/// Distinguishes a controller's own writes of slices from those of others, and knows whether the cache shows them yet.
///
/// Without it a controller that plans on a cache that lags behind its own creations would create twice, and each of its
/// writes would trigger another reconcile. Events that arrive during the writes are kept until it is known which of
/// them are its own. Pure: the controller keeps it in a Mutex.
struct WriteTracker: Sendable {
    private struct Seen: Sendable {
        var name: String
        var revision: Int64
        var isDeletion: Bool
    }

    private struct Entry: Sendable {
        var isWriting = false
        var seenWhileWriting: [Seen] = []
        /// Own writes that the cache has not shown yet; nil stands for a deletion.
        var pending: [String: Int64?] = [:]
        var isDeferred = false

        var isIdle: Bool { !isWriting && pending.isEmpty && !isDeferred }
    }

    /// What was written: the new revision, or nil for a deletion.
    struct Write: Sendable {
        var name: String
        var revision: Int64?
    }

    private var entries: [ObjectName: Entry] = [:]

    /// Whether the owner may be reconciled now. If not, `observe` will ask for it once the cache has caught up.
    mutating func begin(_ owner: ObjectName) -> Bool {
        var entry = entries[owner] ?? Entry()
        if entry.pending.isEmpty {
            entry.isWriting = true
            entry.isDeferred = false
            entry.seenWhileWriting = []
        } else {
            entry.isDeferred = true
        }
        entries[owner] = entry
        return entry.isWriting
    }

    /// Ends what `begin` started. Returns whether somebody else changed a slice in the meantime.
    mutating func end(_ owner: ObjectName, wrote: [Write]) -> Bool {
        guard var entry = entries[owner] else { return false }
        entry.isWriting = false
        var isForeign = false
        for write in wrote { entry.pending[write.name] = .some(write.revision) }
        for seen in entry.seenWhileWriting where !Self.settle(seen, &entry.pending) { isForeign = true }
        entry.seenWhileWriting = []
        entries[owner] = entry.isIdle ? nil : entry
        return isForeign
    }

    /// Records a change of a slice. Returns whether its owner must be reconciled.
    mutating func observe(_ change: ObjectChange, owner: ObjectName) -> Bool {
        guard let object = change.latest else { return false }
        let seen = Seen(name: object.key.name, revision: object.revision, isDeletion: change.isDeletion)
        guard var entry = entries[owner] else { return true }
        if entry.isWriting {
            entry.seenWhileWriting.append(seen)
            entries[owner] = entry
            return false
        }
        let isOwn = Self.settle(seen, &entry.pending)
        let isCaughtUp = entry.isDeferred && entry.pending.isEmpty
        if isCaughtUp { entry.isDeferred = false }
        entries[owner] = entry.isIdle ? nil : entry
        return !isOwn || isCaughtUp
    }

    mutating func forget(_ owner: ObjectName) { entries[owner] = nil }

    /// Whether the change is one of the pending writes; removes those that it proves to have arrived.
    private static func settle(_ seen: Seen, _ pending: inout [String: Int64?]) -> Bool {
        guard let expected = pending[seen.name] else { return false }
        guard let revision = expected else {
            if seen.isDeletion { pending[seen.name] = nil }
            return seen.isDeletion
        }
        if seen.revision < revision { return false }
        pending[seen.name] = nil
        return seen.revision == revision && !seen.isDeletion
    }
}
