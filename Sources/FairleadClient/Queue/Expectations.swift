/// The writes of a controller that its cache does not show yet.
///
/// A reconcile that counts pods must wait until every creation and deletion of the previous one has been observed;
/// otherwise a stale cache makes it create pods twice. An expectation that is never met (a lost event) expires after
/// five minutes on a monotonic clock. A pure value: the controller keeps it in a `Mutex`.
package struct Expectations<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var creations = 0
        var deletions: Set<String> = []
        var since: Duration
    }

    static var lifetime: Duration { .seconds(300) }

    private var entries: [Key: Entry] = [:]

    package init() {}

    package mutating func expectCreations(_ count: Int, of key: Key, now: Duration) {
        entries[key] = Entry(creations: count, since: now)
    }

    package mutating func expectDeletions(_ names: Set<String>, of key: Key, now: Duration) {
        entries[key] = Entry(deletions: names, since: now)
    }

    package mutating func creationObserved(_ key: Key, count: Int = 1) {
        guard let entry = entries[key] else { return }
        entries[key]?.creations = max(0, entry.creations - count)
    }

    package mutating func deletionObserved(_ key: Key, name: String) { entries[key]?.deletions.remove(name) }

    package mutating func forget(_ key: Key) { entries[key] = nil }

    package func areMet(_ key: Key, now: Duration) -> Bool {
        guard let entry = entries[key] else { return true }
        if entry.creations == 0 && entry.deletions.isEmpty { return true }
        return now - entry.since > Self.lifetime
    }
}
