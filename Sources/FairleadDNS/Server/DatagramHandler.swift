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

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    /// Errors of single datagrams: a client that is gone does not concern the others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

extension SocketAddress {
    var dnsAddress: IPAddress? { ipAddress.flatMap { IPAddress($0) } }
}
