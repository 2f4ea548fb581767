import FairleadModel
import NIOCore

/// Questions by UDP: read in batches, answered on the spot, sent in batches.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let core: DNSCore
    private var local: IPAddress?
    private var turn = 0

    init(core: DNSCore) { self.core = core }

    func handlerAdded(context: ChannelHandlerContext) { local = context.channel.localAddress?.dnsAddress }

    func channelActive(context: ChannelHandlerContext) {
        local = context.channel.localAddress?.dnsAddress
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        turn &+= 1
        let origin = DNSCore.Origin(transport: .udp, remote: envelope.remoteAddress, local: local, turn: turn)
        let channel = context.channel
        let answered = core.answer(Array(envelope.data.readableBytesView), origin, on: context.eventLoop) { bytes in
            // Later, when somebody else has answered.
            channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes)), promise: nil)
        }
        guard let answered else { return }
        let buffer = context.channel.allocator.buffer(bytes: answered)
        context.write(
            wrapOutboundOut(AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: buffer)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    /// Errors of single datagrams: a client that is gone does not concern the others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

extension SocketAddress {
    var dnsAddress: IPAddress? { ipAddress.flatMap { IPAddress($0) } }
}
