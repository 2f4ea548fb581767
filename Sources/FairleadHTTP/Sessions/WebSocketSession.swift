import NIOCore
import NIOWebSocket

/// The messages of a WebSocket on their way between frames and a session (RFC 6455).
///
/// Pings are answered whatever the session does; so that proxies keep the connection, the server pings too.
final class WebSocketSession: ChannelDuplexHandler, SessionEnd {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    /// The largest message, whatever its number of frames.
    static let maximumMessage = 1 << 20

    private let connection: Connection
    private let pingInterval: TimeAmount
    private var context: ChannelHandlerContext?
    var link: SessionLink?
    private var pings: RepeatedTask?
    private var message = ByteBuffer()
    private var isInMessage = false
    /// The last ping, unanswered because the client reads nothing.
    private var owedPong: ByteBuffer?
    private var hasSaidGoodbye = false

    init(_ connection: Connection, pingInterval: TimeAmount) {
        self.connection = connection
        self.pingInterval = pingInterval
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: pingInterval, delay: pingInterval) { _ in
            bound.value.ping()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        pings?.cancel()
        link?.close()
        link = nil
        self.context = nil
    }

    // MARK: - from the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !hasSaidGoodbye else { return }
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(.protocolError) }
        switch frame.opcode {
        case .text, .binary:
            guard !isInMessage else { return fail(.protocolError) }
            isInMessage = true
            add(frame)
        case .continuation:
            guard isInMessage else { return fail(.protocolError) }
            add(frame)
        case .ping: answer(frame.unmaskedData)
        case .pong: break
        case .connectionClose:
            link?.endInput()
            connection.sessionInputEnded()
            let code = frame.unmaskedData.getInteger(at: frame.unmaskedData.readerIndex, as: UInt16.self)
            goodbye(code.map { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] } ?? [])
        default: fail(.protocolError)
        }
    }

    private func add(_ frame: WebSocketFrame) {
        guard message.readableBytes + frame.length <= Self.maximumMessage else { return fail(.messageTooLarge) }
        guard link?.isOverfull == false else { return }
        message.writeImmutableBuffer(frame.unmaskedData)
        guard frame.fin else { return }
        isInMessage = false
        connection.sessionIsActive()
        link?.deliver(Array(message.readableBytesView))
        message = ByteBuffer()
    }

    private func answer(_ ping: ByteBuffer) {
        guard let context, context.channel.isWritable else {
            owedPong = ping
            return
        }
        owedPong = nil
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: ping)), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if let owedPong { answer(owedPong) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error as? NIOWebSocketError == .invalidFrameLength ? .messageTooLarge : .protocolError)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { link?.endInput() }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) { if link?.takesMore() ?? true { context.read() } }

    // MARK: - to the client

    func goOnReading() { context?.read() }

    func send(_ messages: [SessionMessage]) {
        guard let context, let link, !hasSaidGoodbye else {
            self.link?.sent(messages)
            return
        }
        connection.sessionIsActive()
        let promise = context.eventLoop.makePromise(of: Void.self)
        for (index, message) in messages.enumerated() {
            let frame = WebSocketFrame(
                fin: true, opcode: message.isText ? .text : .binary, data: ByteBuffer(bytes: message.bytes))
            context.write(wrapOutboundOut(frame), promise: index == messages.count - 1 ? promise : nil)
        }
        context.flush()
        promise.futureResult.whenComplete { result in
            link.sent(messages)
            if case .failure = result { link.close() }
        }
    }

    func sayGoodbye(isServerStopping: Bool) { goodbye(isServerStopping ? [0x03, 0xE9] : [0x03, 0xE8]) }

    private func fail(_ code: WebSocketErrorCode) {
        goodbye(code == .messageTooLarge ? [0x03, 0xF1] : [0x03, 0xEA])
        link?.close()
    }

    /// Sends the closing frame, once; nothing follows it.
    private func goodbye(_ code: [UInt8]) {
        guard let context, !hasSaidGoodbye else { return }
        hasSaidGoodbye = true
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(bytes: code))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func ping() {
        guard let context, context.channel.isWritable, !hasSaidGoodbye else { return }
        context.writeAndFlush(
            wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())), promise: nil)
    }
}
