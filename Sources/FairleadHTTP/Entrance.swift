import FairleadModel
import NIOCore
import NIOHTTP1

/// The way by which requests reach a `Connection`.
struct Entrance {
    /// Whether requests of web pages are refused (see `LoopbackGuard`).
    var isGuarded = false
    /// What is known of the other end; nil on the door without TLS.
    var peer: PeerIdentity?
    /// What stands before the connection and can be taken out for another protocol; nil for HTTP/2.
    var http1: HTTP1Front?
    /// Where answers go in HTTP/2; nil for HTTP/1.
    var http2: HTTP2Answers?
    /// Whether the other end must belong to the user who runs the server.
    var isForOwner = false
}

/// The handlers that read HTTP/1.
struct HTTP1Front {
    let methods = MethodSpotter()
    /// Removed when the connection leaves HTTP.
    let decoder: ByteToMessageHandler<HTTPRequestDecoder>

    init(_ configuration: HTTPServerConfiguration) {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = configuration.maximumHeaderBytes
        limits.maxHeaderFieldSize = configuration.maximumHeaderBytes
        // Behind a request to upgrade, the decoder keeps what comes until it is removed.
        decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits),
            maximumBufferSize: 1 << 20)
    }
}

extension Connection {
    /// The handlers of a connection that speaks HTTP/1, in their order.
    static func overHTTP1(_ loop: LoopContext, _ entrance: Entrance) -> [any ChannelHandler] {
        let front = HTTP1Front(loop.core.configuration)
        var entrance = entrance
        entrance.http1 = front
        return [front.methods, front.decoder, Connection(loop: loop, entrance: entrance)]
    }
}
