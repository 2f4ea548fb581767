import NIOCore

/// The bytes of another protocol, on their way between the socket and a session.
final class ByteSession: ChannelDuplexHandler, SessionEnd {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private let connection: Connection
    private var context: ChannelHandlerContext?
    var link: SessionLink?

    init(_ connection: Connection) { self.connection = connection }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        link?.close()
        link = nil
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.sessionIsActive()
        link?.deliver(Array(unwrapInboundIn(data).readableBytesView))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { link?.endInput() }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) { if link?.takesMore() ?? true { context.read() } }

    func goOnReading() { context?.read() }

    func send(_ messages: [SessionMessage]) {
        guard let context, let link else { return }
        connection.sessionIsActive()
        var buffer = context.channel.allocator.buffer(capacity: messages.reduce(0) { $0 + $1.bytes.count })
        for message in messages { buffer.writeBytes(message.bytes) }
        context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { result in
            link.sent(messages)
            if case .failure = result { link.close() }
        }
    }

    /// The session says it itself.
    func sayGoodbye(isServerStopping: Bool) {}
}
