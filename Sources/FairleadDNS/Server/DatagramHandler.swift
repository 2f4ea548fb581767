import FairleadModel
import NIOCore

/// Questions by UDP: read in batches, answered on the spot, sent in batches.
///
/// Datagrams that have waited too long are dropped: the client has asked again or given up by now, and answering old
/// questions first would make all later ones wait as long. The same happens while answers cannot be sent.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let core: DNSCore
    private var local: IPAddress?
    private var owners = ClientOwners()
    private var turn = 0
    private var isNewBatch = true
    private var isBatchOld = false

    init(core: DNSCore) { self.core = core }

    func handlerAdded(context: ChannelHandlerContext) { local = context.channel.localAddress?.dnsAddress }

    func channelActive(context: ChannelHandlerContext) {
        local = context.channel.localAddress?.dnsAddress
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isNewBatch {
            isNewBatch = false
            isBatchOld = isOld(context)
        }
        guard !isBatchOld, context.channel.isWritable else { return core.droppedQuestion() }
        let envelope = unwrapInboundIn(data)
        turn &+= 1
        var origin = DNSCore.Origin(transport: .udp, remote: envelope.remoteAddress, local: local, turn: turn)
        if core.configuration.isForOwner {
            origin.refusal = owners.refusal(of: envelope.remoteAddress, at: context.channel.localAddress)
        }
        switch core.answer(Array(envelope.data.readableBytesView), origin, on: context.eventLoop) {
        case .nothing: break
        case .answer(let bytes):
            let buffer = context.channel.allocator.buffer(bytes: bytes)
            context.write(
                wrapOutboundOut(AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: buffer)), promise: nil)
        case .later(let answered):
            let channel = context.channel
            answered.whenSuccess { bytes in
                let data = ByteBuffer(bytes: bytes)
                channel.writeAndFlush(
                    AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: data), promise: nil)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isNewBatch = true
        context.flush()
    }

    /// Ignores errors of single datagrams: a client that has gone does not concern the others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// A whole batch has been read by the time its first datagram arrives here: if the last one read is old, so are the
    /// others.
    private func isOld(_ context: ChannelHandlerContext) -> Bool {
        // A channel without a socket has no queue either.
        let age = try? context.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { DatagramAge.ofLast($0) }
        guard let age, let seconds = age else { return false }
        return seconds > core.configuration.maximumQuestionAge
    }
}

extension SocketAddress {
    var dnsAddress: IPAddress? { ipAddress.flatMap { IPAddress($0) } }
}
