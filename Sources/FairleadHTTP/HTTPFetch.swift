import NIOCore
import NIOHTTP1
import NIOPosix

/// A single GET request, for commands that query a running server. No redirects, no TLS; the whole answer is buffered.
package enum HTTPFetch {
    package struct Answer: Sendable {
        package var status: Int
        package var body: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// - Throws: `Failure`, or the error of the socket.
    package static func get(_ address: HTTPAddress, path: String) async throws -> Answer {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = eventLoop.makePromise(of: Answer.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise: promise))
                    }
                }
                .connectTimeout(.seconds(5))
                .connect(to: try address.resolved()).get()
        } catch {
            promise.fail(error)
            throw error
        }
        let timer = eventLoop.scheduleTask(in: .seconds(10)) { promise.fail(Failure(description: "no answer")) }
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path,
            headers: ["Host": address.description, "Connection": "close"])
        channel.write(HTTPClientRequestPart.head(head)).cascadeFailure(to: promise)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil)).cascadeFailure(to: promise)
        promise.futureResult.whenComplete { _ in
            timer.cancel()
            channel.close(promise: nil)
        }
        return try await promise.futureResult.get()
    }
}

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<HTTPFetch.Answer>
    private var status = 0
    /// A part may end within a character.
    private var body: [UInt8] = []

    init(promise: EventLoopPromise<HTTPFetch.Answer>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let part): body += part.readableBytesView
        case .end: promise.succeed(HTTPFetch.Answer(status: status, body: String(decoding: body, as: UTF8.self)))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(HTTPFetch.Failure(description: "the connection was closed"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}
