import FairleadContainers

/// One channel of a WebSocket that the server writes to.
struct ChannelSink: ByteSink {
    /// The largest part of a message that the field's clients and proxies take without further ado.
    static let pieceSize = 32 << 10

    let channel: UInt8
    let format: ChannelFormat
    let messages: any MessageChannel

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try await messages.send(format.message(channel, rest.prefix(Self.pieceSize)), isText: format.isBase64)
            rest = rest.dropFirst(Self.pieceSize)
        }
    }

    /// There is no message for it: what ends is the connection.
    func end() {}

    /// A message with no bytes, which tells the client that the channel is open.
    func open() async throws(BrokenPipe) {
        try await messages.send(format.message(channel, []), isText: format.isBase64)
    }
}
