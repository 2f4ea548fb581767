import FairleadContainers
import FairleadModel

/// A log over a WebSocket: bytes in messages, without channels. Ends with the log, or when the client leaves.
struct LogMessages: Sendable {
    private let session: LogSession
    private let sink: MessageSink

    init(_ session: LogSession, isBase64: Bool, messages: any MessageChannel) {
        self.session = session
        sink = MessageSink(isBase64: isBase64, messages: messages)
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await session.write(sink) }
            // A client has nothing to say; but it may go.
            group.addTask { while await sink.messages.receive() != nil {} }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Each piece of what is written is a message.
private struct MessageSink: ByteSink {
    let isBase64: Bool
    let messages: any MessageChannel

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(ChannelSink.pieceSize))
            try await messages.send(isBase64 ? Array(Base64.encode(piece[...]).utf8) : piece, isText: isBase64)
            rest = rest.dropFirst(ChannelSink.pieceSize)
        }
    }

    func end() {}
}
