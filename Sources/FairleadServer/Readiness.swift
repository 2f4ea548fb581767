import FairleadHTTP
import Synchronization

/// Whether the server has finished starting.
final class Readiness: Sendable {
    private let state = Atomic<Bool>(false)

    func markReady() { state.store(true, ordering: .releasing) }
    var isReady: Bool { state.load(ordering: .acquiring) }
}

/// Gives `/metrics` the figures of an HTTP server that is made after the handler that answers it.
final class StatisticsRelay: Sendable {
    private let source = Mutex<(@Sendable () -> HTTPStatistics)?>(nil)

    func connect(_ read: @escaping @Sendable () -> HTTPStatistics) { source.withLock { $0 = read } }
    func read() -> HTTPStatistics { source.withLock { $0 }?() ?? HTTPStatistics() }
}
