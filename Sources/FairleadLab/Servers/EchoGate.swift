import FairleadModel
import NIOCore
import NIOHTTP1

/// The beginning of a connection to an echo. HTTP is answered as HTTP. To anything else every line is answered, and so
/// are the end of what the client has to say and some time in which it says nothing.
///
/// Holds at most one line of 8 KiB; a client that sends more without an end is closed.
final class EchoGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let longestLine = 8192
    private static let methods = ["GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ", "OPTIONS ", "TRACE "].map {
        Array($0.utf8)
    }

    private let answer: EchoAnswer
    private let patience: TimeAmount
    private var received = ByteBuffer()
    private var isSpoken = false
    private var greeting: Scheduled<Void>?

    /// - Parameter patience: how long a client may say nothing before it is answered.
    init(_ answer: EchoAnswer, patience: TimeAmount) {
        self.answer = answer
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        greeting = context.eventLoop.scheduleTask(in: patience) {
            let (handler, context) = bound.value
            handler.say(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        greeting?.cancel()
        greeting = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        greeting?.cancel()
        greeting = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        if !isSpoken {
            switch Self.isHTTP(received.readableBytesView) {
            case .some(true): return becomeHTTP(context)
            case .none: return
            case .some(false): greeting?.cancel()
            }
        }
        readLines(context)
    }

    /// nil if more bytes are needed to tell.
    static func isHTTP(_ bytes: some Collection<UInt8>) -> Bool? {
        var mayBe = false
        for method in methods {
            if bytes.starts(with: method) { return true }
            if method.starts(with: bytes) { mayBe = true }
        }
        return mayBe ? nil : false
    }

    private func readLines(_ context: ChannelHandlerContext) {
        while let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            let line = received.readString(length: end - received.readerIndex + 1) ?? ""
            say(context, asJSON: line.split(whereSeparator: \.isWhitespace) == ["json"])
        }
        received.discardReadBytes()
        if received.readableBytes > Self.longestLine { context.close(promise: nil) }
    }

    private func say(_ context: ChannelHandlerContext, asJSON: Bool = false) {
        isSpoken = true
        guard context.channel.isActive, context.channel.isWritable else { return }
        let buffer =
            asJSON
            ? context.channel.allocator.buffer(bytes: answer.json.jsonBytes + [UInt8(ascii: "\n")])
            : context.channel.allocator.buffer(string: answer.text)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        if !isSpoken || received.readableBytes > 0 { say(context) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func becomeHTTP(_ context: ChannelHandlerContext) {
        greeting?.cancel()
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
            try pipeline.addHandler(EchoRequests(answer))
            let first = received
            received = ByteBuffer()
            let channel = context.channel
            // Once this handler is out of the way, the parser is the first.
            pipeline.removeHandler(context: context).whenComplete { _ in
                channel.pipeline.fireChannelRead(first)
                channel.pipeline.fireChannelReadComplete()
            }
        } catch {
            context.close(promise: nil)
        }
    }
}

/// Closes connections on which nothing has happened for long.
final class IdleEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
