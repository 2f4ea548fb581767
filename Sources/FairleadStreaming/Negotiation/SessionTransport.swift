package import FairleadContainers

/// How a session goes on once the connection has left HTTP.
package enum SessionTransport: Sendable {
    /// Messages of a WebSocket.
    case messages(
        headers: [(name: String, value: String)], run: @Sendable (any MessageChannel) async -> Void)
    /// Plain bytes. The sink takes writes of several tasks, and mixes none of them.
    case bytes(
        headers: [(name: String, value: String)], run: @Sendable (any ByteSource, any ByteSink) async -> Void)
    /// The connection stays with HTTP.
    case refusal(status: Int, headers: [(name: String, value: String)], text: String)
}
