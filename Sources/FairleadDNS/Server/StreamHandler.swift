import FairleadModel
import NIOCore

/// Cuts a stream into messages, each behind its length of two bytes (RFC 1035, 4.2.2).
struct StreamDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    mutating func decode(buffer: inout ByteBuffer) -> ByteBuffer? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self),
            buffer.readableBytes >= 2 + Int(length)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: 2)
        return buffer.readSlice(length: Int(length))
    }

    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) -> ByteBuffer? { decode(buffer: &buffer) }
}

/// Questions by TCP (RFC 7766): any number on a connection, sent without waiting for answers. Those from the zones
/// come in the order of their questions. No more is read while the client does not take what it is given.
final class StreamHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let core: DNSCore
    private var deadline: NIODeadline
    private var timer: Scheduled<Void>?
    private var wantsRead = false
    /// Questions that somebody else is still to answer.
    private var pending = 0
    private var isHalfClosed = false
    private var turn = 0

    init(core: DNSCore) {
        self.core = core
        deadline = .now() + core.configuration.idleTimeout
    }

    func channelActive(context: ChannelHandlerContext) {
        watch(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        core.connectionClosed()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        deadline = .now() + core.configuration.idleTimeout
        guard let remote = context.channel.remoteAddress else { return }
        turn &+= 1
        let origin = DNSCore.Origin(
            transport: .tcp, remote: remote, local: context.channel.localAddress?.dnsAddress, turn: turn)
        switch core.answer(Array(unwrapInboundIn(data).readableBytesView), origin, on: context.eventLoop) {
        case .nothing: break
        case .answer(let bytes): send(bytes, context)
        case .later(let answered):
            pending += 1
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            answered.whenSuccess { bytes in
                let (handler, context) = bound.value
                handler.pending -= 1
                handler.send(bytes, context)
                context.flush()
                handler.closeIfDone(context)
            }
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count + 2)
        buffer.writeInteger(UInt16(truncatingIfNeeded: bytes.count))
        buffer.writeBytes(bytes)
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        closeIfDone(context)
    }

    func read(context: ChannelHandlerContext) {
        guard context.channel.isWritable else {
            wantsRead = true
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, wantsRead {
            wantsRead = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            isHalfClosed = true
            closeIfDone(context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// A client that will ask no more gets what is still due first.
    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard isHalfClosed, pending == 0 else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// One timer per connection: moved on when it fires, not with every question.
    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            if handler.deadline <= .now(), handler.pending == 0 {
                context.close(promise: nil)
            } else {
                handler.deadline = max(handler.deadline, .now() + .seconds(1))
                handler.watch(context)
            }
        }
    }
}
