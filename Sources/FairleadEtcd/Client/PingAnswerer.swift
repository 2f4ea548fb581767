import NIOCore

/// Answers the pings of a member, and keeps them from NIO's HTTP/2 handler, which closes a connection after 200 of them
/// within 30 s. grpc-go measures the delay of a busy connection by pings, some hundred a second, and the transport has no
/// setting for that limit.
///
/// Stands between TLS and HTTP/2, where nothing but frames comes in (RFC 9113, 4.1 and 6.7).
final class PingAnswerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let headLength = 9
    private static let pingLength = 17
    private static let pingType: UInt8 = 6
    private static let acknowledgement: UInt8 = 1

    /// The beginning of a frame of which not enough has come to know what it is.
    private var beginning = ByteBuffer()
    /// How much of the frame at hand is still to be passed on.
    private var rest = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        if beginning.readableBytes > 0 {
            beginning.writeBuffer(&input)
            input = beginning
            beginning = ByteBuffer()
        }
        var output = ByteBuffer()
        var hasAnswered = false
        while input.readableBytes > 0 {
            if rest > 0, var part = input.readSlice(length: min(rest, input.readableBytes)) {
                rest -= part.readableBytes
                output.writeBuffer(&part)
                continue
            }
            let start = input.readerIndex
            guard let high: UInt8 = input.getInteger(at: start), let low: UInt16 = input.getInteger(at: start + 1),
                let type: UInt8 = input.getInteger(at: start + 3), let flags: UInt8 = input.getInteger(at: start + 4),
                input.readableBytes >= Self.headLength
            else { break }
            let length = Int(high) << 16 | Int(low)
            let isPing =
                type == Self.pingType && flags & Self.acknowledgement == 0
                && length == Self.pingLength - Self.headLength
            guard isPing else {
                rest = Self.headLength + length
                continue
            }
            guard var ping = input.readSlice(length: Self.pingLength) else { break }
            ping.setInteger(flags | Self.acknowledgement, at: ping.readerIndex + 4)
            context.write(wrapOutboundOut(ping), promise: nil)
            hasAnswered = true
        }
        beginning = input
        if output.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(output)) }
        if hasAnswered { context.flush() }
    }
}
