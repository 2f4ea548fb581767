import FairleadNet
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP server for pages of a few lines: health checks and metrics. One answer per connection.
final class SmallServer: Sendable {
    struct Page: Sendable {
        var status: HTTPResponseStatus = .ok
        var headers: HTTPHeaders = [:]
        var body: String
    }

    /// The page at a path; nil if there is none. Called on an event loop: it must be quick.
    typealias Pages = @Sendable (_ path: String) -> Page?

    private let channel: any Channel

    /// Listens.
    /// - Parameter port: 0 takes a free one.
    /// - Throws: what NIO throws if the address cannot be listened on.
    init(host: String, port: Int, logger: Logger, pages: @escaping Pages) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptFailures(logger: logger))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandlers(
                        IdleStateHandler(allTimeout: .seconds(10)), SmallServerHandler(pages: pages))
                }
            }
            .bind(host: host, port: port).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// Stops listening; answers under way are finished.
    func close() { channel.close(promise: nil) }
}

private final class SmallServerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: SmallServer.Pages
    private var request: HTTPRequestHead?

    init(pages: @escaping SmallServer.Pages) { self.pages = pages }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end:
            guard let head = request else { return }
            request = nil
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
        var page: SmallServer.Page
        switch head.method {
        case .GET, .HEAD:
            page = path.flatMap(pages) ?? SmallServer.Page(status: .notFound, body: "404 page not found\n")
        default: page = SmallServer.Page(status: .methodNotAllowed, headers: ["Allow": "GET, HEAD"], body: "")
        }
        if !page.headers.contains(name: "Content-Type") {
            page.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        }
        page.headers.add(name: "Content-Length", value: "\(page.body.utf8.count)")
        page.headers.add(name: "Connection", value: "close")
        let response = HTTPResponseHead(version: .http1_1, status: page.status, headers: page.headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: page.body)))), promise: nil)
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
