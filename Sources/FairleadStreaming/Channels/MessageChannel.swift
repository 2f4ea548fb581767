package import FairleadContainers

/// The messages of a WebSocket, as a session sees them: framing, pings and the handshake are done by somebody else.
package protocol MessageChannel: Sendable {
    /// The next message, text or binary; nil when the client has gone, and when the task is cancelled.
    func receive() async -> [UInt8]?
    /// Returns when there is room for more. Throws when nobody will ever read it, or the task is cancelled. Several
    /// tasks may send at a time.
    func send(_ message: [UInt8], isText: Bool) async throws(BrokenPipe)
}
