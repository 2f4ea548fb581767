import FairleadModel
import NIOCore

/// Answers every datagram with what the echo saw; to `json` as JSON.
final class EchoDatagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let identity: EchoIdentity
    /// nil on a socket that other ports lead to: the kernel does not tell which of them it was.
    private let port: Int?

    init(_ identity: EchoIdentity, port: Int?) {
        self.identity = identity
        self.port = port
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard context.channel.isWritable else { return }
        let envelope = unwrapInboundIn(data)
        let source = EchoAnswer.End(address: envelope.remoteAddress.ipAddress ?? "", port: envelope.remoteAddress.port)
        let isIPv4 = !source.address.contains(":")
        let own = identity.addresses.first { $0.isIPv4 == isIPv4 }
        let answer = EchoAnswer(
            identity, .udp, from: source, to: .init(address: own?.description ?? "", port: port))
        let isJSON =
            envelope.data.readableBytes < 8
            && String(buffer: envelope.data).split(whereSeparator: \.isWhitespace) == ["json"]
        let bytes = isJSON ? answer.json.jsonBytes + [UInt8(ascii: "\n")] : Array(answer.text.utf8)
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        context.write(
            wrapOutboundOut(AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: buffer)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    /// Errors of single datagrams: a client that has gone does not concern the others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
