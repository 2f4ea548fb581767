package import NIOCore
package import NIOHTTP1

/// Ends the connection to a server that answers with a status below 100, which is none (RFC 9110, 15).
///
/// NIO's decoder lets it through, and AsyncHTTPClient takes such a head for an informational one, then meets the end of
/// an answer that has not begun: a precondition of its, which would end this process.
package final class ResponseStatusGuard: ChannelInboundHandler {
    package typealias InboundIn = HTTPClientResponsePart

    private struct Invalid: Error, CustomStringConvertible {
        var status: UInt
        var description: String { "malformed HTTP status code \"\(status)\"" }
    }

    private var hasRefused = false

    /// For every configuration of an HTTPClient (`http1_1ConnectionDebugInitializer`), which calls it when the handlers
    /// of a new connection are in place. It is for HTTP/1 only.
    package static func install(in channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(ResponseStatusGuard(), position: .after(decoder))
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if hasRefused { return }
        if case .head(let head) = unwrapInboundIn(data), head.status.code < 100 {
            hasRefused = true
            context.fireErrorCaught(Invalid(status: head.status.code))
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }
}
