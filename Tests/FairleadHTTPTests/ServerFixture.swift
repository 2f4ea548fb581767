import FairleadAPI
import FairleadHTTP
import Logging
import Synchronization

/// A server on a free port for as long as the body runs.
func withServer(
    _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    handler: @escaping @Sendable (APIRequest) -> APIOutcome = echo, logger: Logger = Logger(label: "test"),
    metrics: RequestMetrics? = nil,
    _ body: (HTTPServer, Int) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration(addresses: [HTTPAddress(host: "127.0.0.1", port: 0)])
    configuration.eventLoops = 2
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, handler: handler, logger: logger, metrics: metrics)
    let addresses = try await server.start()
    do {
        try await body(server, addresses[0].port)
    } catch {
        await server.shutdown()
        throw error
    }
    await server.shutdown()
}

/// Answers with what the server made of the request.
@Sendable func echo(_ request: APIRequest) -> APIOutcome {
    let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    let body = String(decoding: request.body, as: UTF8.self)
    return .response(.text(200, "\(request.method) \(request.path) [\(query)] \(body)"))
}

/// A stream that gives what it is told to.
final class ScriptedStream: EventStream {
    struct State {
        var ready: [[UInt8]] = []
        var hasEnded = false
        var wake: (@Sendable () -> Void)?
        var isCancelled = false
        var onCancel: CheckedContinuation<Void, Never>?
        var pulledBytes = 0
    }

    let state = Mutex(State())
    /// If set, there is always another piece of this size.
    let endlessPiece: Int?

    init(endlessPiece: Int? = nil) { self.endlessPiece = endlessPiece }

    var deadline: SuspendingClock.Instant? { nil }

    func onWake(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    func pull(maximumBytes: Int) -> StreamStep {
        state.withLock { state in
            if let endlessPiece {
                state.pulledBytes += endlessPiece
                return .data([[UInt8](repeating: 120, count: endlessPiece)])
            }
            defer { state.ready = [] }
            if state.hasEnded { return .end(state.ready) }
            return state.ready.isEmpty ? .wait : .data(state.ready)
        }
    }

    func cancel() {
        let waiter = state.withLock { state in
            state.isCancelled = true
            defer { state.onCancel = nil }
            return state.onCancel
        }
        waiter?.resume()
    }

    func give(_ text: String, ends: Bool = false) {
        let wake = state.withLock { state in
            if !text.isEmpty { state.ready.append(Array(text.utf8)) }
            state.hasEnded = ends
            return state.wake
        }
        wake?()
    }

    func untilCancelled() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.isCancelled { state.onCancel = continuation }
                return state.isCancelled
            }
            if isDone { continuation.resume() }
        }
    }
}
