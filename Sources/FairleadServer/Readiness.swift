import FairleadHTTP
import Synchronization

/// Whether the server has finished starting.
final class Readiness: Sendable {
    private let state = Atomic<Bool>(false)

    func markReady() { state.store(true, ordering: .releasing) }
    var isReady: Bool { state.load(ordering: .acquiring) }
}

/// Which controllers run: one that has ended while the server goes on is a fault that nothing else would show.
final class ControllerLiveness: Sendable {
    private struct State {
        var running: [String: Int] = [:]
        var ended: Set<String> = []
        var isStopping = false
    }

    private let state = Mutex(State())

    /// Runs `body`, which is expected to go on until the server stops.
    func watch(_ name: String, _ body: () async -> Void) async {
        state.withLock { $0.running[name, default: 0] += 1 }
        await body()
        let isStopping = Task.isCancelled
        state.withLock { state in
            state.running[name, default: 1] -= 1
            if isStopping { state.isStopping = true } else { state.ended.insert(name) }
        }
    }

    /// nil while everything that was started still runs.
    var failure: String? {
        state.withLock { state in
            if state.ended.isEmpty || state.isStopping { return nil }
            return "ended: " + state.ended.sorted().joined(separator: ", ")
        }
    }
}

/// What a health check asks, when it exists only after the endpoint that shows it.
final class LateCheck: Sendable {
    private let question = Mutex<(@Sendable () -> String?)?>(nil)

    func connect(_ failure: @escaping @Sendable () -> String?) { question.withLock { $0 = failure } }
    /// nil, as for a check that passes, until there is something to ask: the check before it ("bootstrap") fails then.
    var failure: String? { question.withLock { $0 }?() }
}

/// Gives `/metrics` the figures of an HTTP server that is made after the handler that answers it.
final class StatisticsRelay: Sendable {
    private let source = Mutex<(@Sendable () -> HTTPStatistics)?>(nil)

    func connect(_ read: @escaping @Sendable () -> HTTPStatistics) { source.withLock { $0 = read } }
    func read() -> HTTPStatistics { source.withLock { $0 }?() ?? HTTPStatistics() }
}
