import FairleadHTTP
import Synchronization

/// Whether the server has finished starting.
final class Readiness: Sendable {
    private let state = Atomic<Bool>(false)

    func markReady() { state.store(true, ordering: .releasing) }
    var isReady: Bool { state.load(ordering: .acquiring) }
}

/// Which controllers are running: one that has ended while the server is running is a fault that nothing else would
/// show.
final class ControllerLiveness: Sendable {
    private struct State {
        var running: [String: Int] = [:]
        var ended: Set<String> = []
        var isStopping = false
    }

    private let state = Mutex(State())

    /// Forgets what was before: controllers are started, perhaps again.
    func begin() { state.withLock { $0 = State() } }

    /// Runs `body`, which is expected to run until the server stops.
    func watch(_ name: String, _ body: () async -> Void) async {
        state.withLock { $0.running[name, default: 0] += 1 }
        await body()
        let isStopping = Task.isCancelled
        state.withLock { state in
            state.running[name, default: 1] -= 1
            if isStopping { state.isStopping = true } else { state.ended.insert(name) }
        }
    }

    /// nil while everything that was started is still running.
    var failure: String? {
        state.withLock { state in
            if state.ended.isEmpty || state.isStopping { return nil }
            return "ended: " + state.ended.sorted().joined(separator: ", ")
        }
    }
}

/// A health check that can only be connected after its endpoint has been created.
final class LateCheck: Sendable {
    private let question = Mutex<(@Sendable () -> String?)?>(nil)

    func connect(_ failure: @escaping @Sendable () -> String?) { question.withLock { $0 = failure } }
    /// Passes (nil) until it is connected: until then, an earlier check ("bootstrap") fails.
    var failure: String? { question.withLock { $0 }?() }
}

/// Provides `/metrics` with the figures of an HTTP server that is created after the handler of that page.
final class StatisticsRelay: Sendable {
    private let source = Mutex<(@Sendable () -> HTTPStatistics)?>(nil)

    func connect(_ read: @escaping @Sendable () -> HTTPStatistics) { source.withLock { $0 = read } }
    func read() -> HTTPStatistics { source.withLock { $0 }?() ?? HTTPStatistics() }
}
