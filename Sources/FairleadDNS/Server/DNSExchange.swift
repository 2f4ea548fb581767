package import NIOCore
import NIOPosix

/// One question to a server and its answer, over a socket of its own.
package enum DNSExchange {
    package struct TimedOut: Error {}

    /// - Returns: on the given event loop, the first answer with the right id and question; fails with `TimedOut`, or
    ///   with the error of the socket.
    package static func run(
        _ query: Message, at server: SocketAddress, _ transport: DNSTransport, timeout: TimeAmount,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Message> {
        let promise = eventLoop.makePromise(of: Message.self)
        let connected: EventLoopFuture<any Channel>
        switch transport {
        case .udp:
            connected = DatagramBootstrap(group: eventLoop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65535))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramAnswer(query: query, promise: promise))
                    }
                }
                .connect(to: server)
        case .tcp:
            connected = ClientBootstrap(group: eventLoop)
                .connectTimeout(timeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            ByteToMessageHandler(StreamDecoder()), StreamAnswer(query: query, promise: promise),
                        ])
                    }
                }
                .connect(to: server)
        }
        let timer = eventLoop.scheduleTask(in: timeout) { promise.fail(TimedOut()) }
        connected.whenFailure { promise.fail($0) }
        connected.whenSuccess { channel in
            let bytes = query.bytes()
            switch transport {
            case .udp:
                let data = ByteBuffer(bytes: bytes)
                channel.writeAndFlush(AddressedEnvelope(remoteAddress: server, data: data)).cascadeFailure(to: promise)
            case .tcp:
                var data = ByteBuffer()
                data.writeInteger(UInt16(truncatingIfNeeded: bytes.count))
                data.writeBytes(bytes)
                channel.writeAndFlush(data).cascadeFailure(to: promise)
            }
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    /// nil for bytes that are not an answer to the query.
    fileprivate static func answer(_ data: ByteBuffer, to query: Message) -> Message? {
        guard let message = try? Message(bytes: Array(data.readableBytesView)), message.header.isResponse,
            message.header.id == query.header.id, message.questions.count == query.questions.count,
            zip(message.questions, query.questions).allSatisfy({ $0.isSame(as: $1) })
        else { return nil }
        return message
    }
}

extension Question {
    fileprivate func isSame(as other: Question) -> Bool {
        type == other.type && recordClass == other.recordClass && name.lowercased == other.name.lowercased
    }
}

private final class DatagramAnswer: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let query: Message
    private let promise: EventLoopPromise<Message>

    init(query: Message, promise: EventLoopPromise<Message>) {
        self.query = query
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let answer = DNSExchange.answer(unwrapInboundIn(data).data, to: query) { promise.succeed(answer) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}

private final class StreamAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let query: Message
    private let promise: EventLoopPromise<Message>

    init(query: Message, promise: EventLoopPromise<Message>) {
        self.query = query
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let answer = DNSExchange.answer(unwrapInboundIn(data), to: query) { promise.succeed(answer) }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}
