import FairleadModel
import FairleadNet
import NIOCore

/// Splits a stream into messages, each preceded by a two-byte length (RFC 1035, 4.2.2).
struct StreamDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    mutating func decode(buffer: inout ByteBuffer) -> ByteBuffer? { Self.message(from: &buffer) }

    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) -> ByteBuffer? { decode(buffer: &buffer) }

    /// nil until a complete message has arrived.
    static func message(from buffer: inout ByteBuffer) -> ByteBuffer? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self),
            buffer.readableBytes >= 2 + Int(length)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: 2)
        return buffer.readSlice(length: Int(length))
    }
}

/// Questions by TCP (RFC 7766): any number per connection, sent without waiting for answers. Answers from the zones
/// come in the order of their questions.
///
/// A connection buffers one incomplete message, and the answers that its client has not read, up to the channel's
/// watermark: beyond that, questions are neither answered nor read. A client that makes no progress is closed after the
/// idle timeout, however many bytes it sends.
final class StreamHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let core: DNSCore
    private let list: StreamList
    private var context: ChannelHandlerContext?
    /// What has been received and not yet answered.
    private var received = ByteBuffer()
    private(set) var deadline: NIODeadline
    private var timer: Scheduled<Void>?
    private var wantsRead = false
    /// Questions that have been forwarded and not yet answered.
    private(set) var pending = 0
    private var isHalfClosed = false
    private var isScheduled = false
    private var sentBytes = 0
    private var turn = 0
    /// Why no question of this client is answered.
    private var refusal: String?

    private static let maximumPending = 64
    private static let questionsPerTurn = 64
    private static let bytesPerTurn = 64 * 1024

    init(core: DNSCore, list: StreamList) {
        self.core = core
        self.list = list
        deadline = .now() + core.configuration.idleTimeout
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        list.add(self)
        if core.configuration.isForOwner { refusal = PeerOwner.refusal(of: context.channel) }
        if let client = context.channel.remoteAddress { core.connected(from: client) }
        watch(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        self.context = nil
        list.remove(self)
        core.connectionClosed()
        context.fireChannelInactive()
    }

    func close() { context?.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = part } else { received.writeBuffer(&part) }
        // If other connections are waiting for their turn, this one queues behind them.
        if list.isRunning { schedule(context) } else { takeTurn(context) }
    }

    /// Answers some of the questions received, and lets other connections have their turn before the rest.
    private func takeTurn(_ context: ChannelHandlerContext) {
        let bytesBefore = sentBytes
        var questions = 0
        while questions < Self.questionsPerTurn, sentBytes &- bytesBefore < Self.bytesPerTurn, mayAnswer(context) {
            guard let message = StreamDecoder.message(from: &received) else {
                received.discardReadBytes()
                return
            }
            deadline = .now() + core.configuration.idleTimeout
            answer(message, context)
            questions += 1
        }
        received.discardReadBytes()
        if mayAnswer(context) { schedule(context) }
    }

    /// Schedules another turn for later: a call from within a write or a flush must not write again, and others come
    /// first.
    private func schedule(_ context: ChannelHandlerContext) {
        guard !isScheduled else { return }
        isScheduled = true
        list.enqueue(self, on: context.eventLoop)
    }

    /// Called when it is this connection's turn.
    func goOn() {
        isScheduled = false
        guard let context else { return }
        takeTurn(context)
        context.flush()
        if wantsRead, mayRead(context) {
            wantsRead = false
            context.read()
        }
        closeIfDone(context)
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool { mayAnswer(context) && !isScheduled }

    private func mayAnswer(_ context: ChannelHandlerContext) -> Bool {
        context.channel.isActive && context.channel.isWritable && pending < Self.maximumPending
    }

    private func answer(_ message: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let remote = context.channel.remoteAddress else { return }
        turn &+= 1
        let origin = DNSCore.Origin(
            transport: .tcp, remote: remote, local: context.channel.localAddress?.dnsAddress, turn: turn,
            refusal: refusal)
        switch core.answer(Array(message.readableBytesView), origin, on: context.eventLoop) {
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
                handler.schedule(context)
            }
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        sentBytes &+= bytes.count
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
        guard mayRead(context) else {
            wantsRead = true
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { schedule(context) }
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

    /// A client that will send no more questions first gets the answers that are still due.
    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard isHalfClosed, pending == 0, mayRead(context) else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// One timer per connection: rescheduled when it fires, not with every question.
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
