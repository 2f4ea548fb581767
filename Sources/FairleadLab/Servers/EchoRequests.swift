import FairleadModel
import NIOCore
import NIOHTTP1

/// Answers every request with what the echo saw. Bodies are read and thrown away, up to 1 MiB.
final class EchoRequests: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let largestBody = 1 << 20
    private static let longestTarget = 2048

    private var answer: EchoAnswer
    private var head: HTTPRequestHead?
    private var bodyBytes = 0

    init(_ answer: EchoAnswer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            bodyBytes = 0
        case .body(let part):
            bodyBytes += part.readableBytes
            if bodyBytes > Self.largestBody { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            self.head = nil
            respond(to: head, context)
        }
    }

    private func respond(to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        answer.request = "\(head.method.rawValue) \(String(head.uri.prefix(Self.longestTarget)))"
        let isJSON =
            head.uri == "/json" || head.headers[canonicalForm: "accept"].contains { $0.hasPrefix("application/json") }
        let body = isJSON ? answer.json.jsonBytes + [UInt8(ascii: "\n")] : Array(answer.text.utf8)
        var headers = HTTPHeaders()
        headers.add(name: "Content-Type", value: isJSON ? "application/json" : "text/plain; charset=utf-8")
        headers.add(name: "Content-Length", value: String(body.count))
        if !head.isKeepAlive { headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
        if head.method != .HEAD {
            let buffer = context.channel.allocator.buffer(bytes: body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        let channel = context.channel
        let isLast = !head.isKeepAlive
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if isLast { channel.close(promise: nil) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The requests before it have been answered: that takes no time.
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
