import DequeModule

/// The recent events of one resource.
struct EventRing: Sendable {
    private var events: Deque<StoreEvent> = []
    /// The number of the first event in the ring, counted from the first there ever was.
    private(set) var base = 0

    var end: Int { base + events.count }
    var count: Int { events.count }
    var oldest: StoreEvent? { events.first }

    mutating func append(_ event: StoreEvent) { events.append(event) }

    /// Forgets events at or before the revision.
    mutating func dropEvents(through revision: Int64) {
        while let first = events.first, first.revision <= revision {
            events.removeFirst()
            base += 1
        }
    }

    /// The number of the first event after the revision.
    func firstIndex(after revision: Int64) -> Int {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return base + low
    }

    /// Events from a number on, at most `maximum`.
    func slice(from index: Int, maximum: Int) -> [StoreEvent] {
        let start = index - base
        return Array(events[start..<min(start + maximum, events.count)])
    }

    /// The events after a revision, newest first.
    func reversed(after revision: Int64) -> [StoreEvent] {
        Array(events[(firstIndex(after: revision) - base)...].reversed())
    }
}
