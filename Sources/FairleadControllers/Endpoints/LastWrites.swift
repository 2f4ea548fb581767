import FairleadClient
import FairleadModel

/// Knows whether the cache shows what was written last, for a controller that writes one object per key.
///
/// A plan based on an older version may find nothing to do, and nothing would trigger another one. Pure: the controller
/// keeps it in a Mutex.
struct LastWrites: Sendable {
    private var revisions: [ObjectName: Int64] = [:]
    /// Keys that came too early, to be reconciled when the cache has caught up.
    private var deferred: Set<ObjectName> = []

    mutating func wrote(_ key: ObjectName, revision: Int64) {
        revisions[key] = max(revision, revisions[key] ?? 0)
    }

    /// Whether the cached version is older than the last write. If so, `observe` will ask for the key later.
    mutating func isStale(_ key: ObjectName, cached: Int64?) -> Bool {
        guard let written = revisions[key] else { return false }
        if let cached, cached >= written {
            revisions[key] = nil
            return false
        }
        deferred.insert(key)
        return true
    }

    /// Records what the cache shows now. Returns whether the key must be reconciled.
    mutating func observe(_ key: ObjectName, revision: Int64) -> Bool {
        guard revision >= revisions[key] ?? 0 else { return false }
        revisions[key] = nil
        return deferred.remove(key) != nil
    }
}
