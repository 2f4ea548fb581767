import Synchronization

/// When something has happened last.
final class Activity: Sendable {
    private let time = Mutex(Duration.zero)

    var last: Duration { time.withLock { $0 } }

    func note(_ now: Duration) { time.withLock { $0 = max($0, now) } }
}
