import HeapModule

/// Keys with deadlines, earliest first. Each key is held once, with its earliest deadline.
struct DelayHeap<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        var deadline: Duration
        var key: Key

        static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
    }

    private var entries = Heap<Entry>()
    /// The valid deadline of each key; entries with a later one are stale and skipped.
    private var deadlines: [Key: Duration] = [:]

    var count: Int { deadlines.count }
    /// Including stale entries.
    var size: Int { entries.count }

    /// Returns whether this deadline is now the earliest of all.
    mutating func insert(_ key: Key, deadline: Duration) -> Bool {
        if let known = deadlines[key], known <= deadline { return false }
        let wasEarliest = earliest
        deadlines[key] = deadline
        if entries.count > 2 * deadlines.count + 64 { dropStale() }
        entries.insert(Entry(deadline: deadline, key: key))
        guard let wasEarliest else { return true }
        return deadline < wasEarliest
    }

    /// A key whose deadline is brought forward repeatedly leaves a stale entry behind each time.
    private mutating func dropStale() {
        entries = Heap(entries.unordered.filter { deadlines[$0.key] == $0.deadline })
    }

    /// The earliest deadline; stale entries at the top are dropped first.
    var earliest: Duration? {
        mutating get {
            while let top = entries.min {
                if deadlines[top.key] == top.deadline { return top.deadline }
                entries.removeMin()
            }
            return nil
        }
    }

    /// Removes and returns a key whose deadline is not after `now`.
    mutating func popDue(_ now: Duration) -> Key? {
        guard let deadline = earliest, deadline <= now, let key = entries.popMin()?.key else { return nil }
        deadlines[key] = nil
        return key
    }
}
