import NIOCore
import Synchronization

/// Updates the index when changes are published, so that the next question finds it up to date, and measures how long
/// that takes. Questions do not depend on it: the index catches up by itself.
final class ProgrammingClock: Sendable {
    private let index: ZoneIndex
    private let metrics: DNSMetrics
    private let eventLoop: any EventLoop
    /// When the first change was published that the index has not caught up with.
    private let since = Mutex<NIODeadline?>(nil)

    init(index: ZoneIndex, metrics: DNSMetrics, eventLoop: any EventLoop) {
        self.index = index
        self.metrics = metrics
        self.eventLoop = eventLoop
    }

    /// Called on the writer's thread when something has been published; does not block.
    func wake() {
        let isFirst = since.withLock { since in
            guard since == nil else { return false }
            since = .now()
            return true
        }
        if isFirst { eventLoop.execute { self.run() } }
    }

    private func run() {
        guard let began = since.withLock({ since in since.take() }) else { return }
        index.catchUp()
        let nanoseconds = (NIODeadline.now() - began).nanoseconds
        for (kind, count) in index.takeChanges() { metrics.programmed(kind, after: nanoseconds, times: count) }
    }
}
