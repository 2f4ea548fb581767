/// Remembers which revision was current at what time, to know which are old enough to remove.
struct HistoryClock: Sendable {
    let age: Duration
    private var marks: [(time: SuspendingClock.Instant, revision: Int64)] = []

    init(age: Duration) { self.age = age }

    /// Notes the revision and returns the newest one that was current an `age` ago.
    mutating func tick(at time: SuspendingClock.Instant, revision: Int64) -> Int64? {
        if marks.last?.revision != revision { marks.append((time, revision)) }
        var old: Int64?
        while let first = marks.first, time - first.time >= age {
            old = first.revision
            marks.removeFirst()
        }
        return old
    }
}
