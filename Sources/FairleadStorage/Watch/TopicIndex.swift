import DequeModule
package import FairleadModel

/// What tells the watches of a resource apart: each kubelet watches the pods of its node, and without this every change of
/// a pod would wake all of them.
package struct WatchTopic: Sendable {
    /// The field, as field selectors name it.
    package let field: String
    /// What the field is in an object.
    package let value: @Sendable (StoredObject) -> String

    package init(field: String, value: @escaping @Sendable (StoredObject) -> String) {
        self.field = field
        self.value = value
    }

    /// The values before and after an event.
    func values(of event: StoreEvent) -> [String] {
        let after = value(event.object)
        guard let before = event.previous.map(value), before != after else { return [after] }
        return [before, after]
    }
}

/// Where in the ring of a resource the events of each value of its topic are.
struct TopicIndex {
    private struct Entry {
        var number: Int
        var value: String
    }

    /// A value that is watched.
    private struct Following {
        var watches: Int
        /// Events with a lower number may be gone.
        var lostBefore: Int
    }

    /// In the order of the ring.
    private var entries: Deque<Entry> = []
    private var numbers: [String: Deque<Int>] = [:]
    private var followed: [String: Following] = [:]
    /// Events with a lower number have been restored from the file and are not indexed.
    private(set) var start: Int

    init(start: Int) { self.start = start }

    mutating func append(_ number: Int, _ values: [String]) {
        for value in values {
            entries.append(Entry(number: number, value: value))
            numbers[value, default: []].append(number)
        }
    }

    /// Forgets events that are no longer in the ring.
    mutating func drop(before base: Int) {
        while let first = entries.first, first.number < base {
            entries.removeFirst()
            numbers[first.value]?.removeFirst()
            if numbers[first.value]?.isEmpty == true { numbers[first.value] = nil }
            followed[first.value]?.lostBefore = first.number + 1
        }
    }

    /// Forgets everything: the next event of the ring has this number, and nobody has seen what came before it.
    mutating func reset(to number: Int) {
        entries = []
        numbers = [:]
        for value in followed.keys { followed[value]?.lostBefore = number }
        start = number
    }

    /// A watch of the value is not woken by other events, so it may fall behind the ring without having missed any.
    mutating func follow(_ value: String, base: Int) {
        followed[value, default: Following(watches: 0, lostBefore: base)].watches += 1
    }

    mutating func unfollow(_ value: String) {
        followed[value]?.watches -= 1
        if followed[value]?.watches == 0 { followed[value] = nil }
    }

    /// Whether a reader whose next event has this number may have missed one of the value.
    func isLost(_ number: Int, of value: String, base: Int) -> Bool {
        number < base && number < (number < start ? base : followed[value]?.lostBefore ?? base)
    }

    /// The numbers of the value's events from one on.
    func numbers(of value: String, from number: Int) -> Deque<Int>.SubSequence {
        let all = numbers[value] ?? []
        return all[all.partitionPoint { $0 < number }...]
    }
}
