/// Keys with deadlines, earliest first (a binary heap). Each key counts once, with its earliest deadline.
struct DelayHeap<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var deadline: Duration
        var key: Key
    }

    private var entries: [Entry] = []
    /// The deadline that counts; entries with a later one are stale and skipped.
    private var deadlines: [Key: Duration] = [:]

    var count: Int { deadlines.count }
    /// With the stale ones.
    var size: Int { entries.count }

    /// Returns whether this deadline is now the earliest of all.
    mutating func insert(_ key: Key, deadline: Duration) -> Bool {
        if let known = deadlines[key], known <= deadline { return false }
        let wasEarliest = earliest
        deadlines[key] = deadline
        if entries.count > 2 * deadlines.count + 64 { dropStale() }
        entries.append(Entry(deadline: deadline, key: key))
        siftUp()
        guard let wasEarliest else { return true }
        return deadline < wasEarliest
    }

    /// A key that is brought forward again and again leaves an entry behind each time.
    private mutating func dropStale() {
        let current = entries.filter { deadlines[$0.key] == $0.deadline }
        entries = []
        entries.reserveCapacity(current.count + 1)
        for entry in current {
            entries.append(entry)
            siftUp()
        }
    }

    private mutating func siftUp() {
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if entries[parent].deadline <= entries[child].deadline { break }
            entries.swapAt(parent, child)
            child = parent
        }
    }

    /// The earliest deadline; stale entries at the top are dropped first.
    var earliest: Duration? {
        mutating get {
            while let top = entries.first {
                if deadlines[top.key] == top.deadline { return top.deadline }
                removeTop()
            }
            return nil
        }
    }

    /// Removes and returns a key whose deadline is not after `now`.
    mutating func popDue(_ now: Duration) -> Key? {
        guard let deadline = earliest, deadline <= now, let key = entries.first?.key else { return nil }
        removeTop()
        deadlines[key] = nil
        return key
    }

    private mutating func removeTop() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].deadline < entries[least].deadline {
                least = child
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
