import Synchronization

/// What the limiter tells the connection about the request that it is answering.
package final class RequestShare: Sendable {
    private let state = Mutex<(flow: String, isRefused: Bool)>(("", false))

    package init() {}

    /// Requests with the same text share a turn; "" if the limiter does not say.
    package var flow: String { state.withLock { $0.flow } }
    /// Whether the request was refused because there are too many.
    package var isRefused: Bool { state.withLock { $0.isRefused } }

    package func set(flow: String, isRefused: Bool = false) { state.withLock { $0 = (flow, isRefused) } }
}
