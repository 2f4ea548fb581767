import FairleadModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A webhook on a free port of this machine: HTTPS with a certificate of its own.
final class WebhookServer: Sendable {
    struct Answer: Sendable {
        var status = 200
        var body: [UInt8] = []
        var contentType = "application/json"
        /// How long the client waits for it.
        var delay = TimeAmount.zero
        /// Whether it promises a byte more than it has.
        var isEndless = false

        static func text(_ text: String, status: Int = 200) -> Answer { Answer(status: status, body: Array(text.utf8)) }
    }

    /// What is answered to a review that was posted to a path.
    typealias Respond = @Sendable (_ path: String, _ review: Value) -> Answer

    private let channel: any Channel
    private let reviews: Reviews

    private final class Reviews: Sendable {
        let all = Mutex<[(uri: String, review: Value)]>([])
        let connections = Mutex(0)
    }

    /// - Parameter respond: called on an event loop.
    static func start(_ respond: @escaping Respond) async throws -> WebhookServer {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(WebhookCertificate.certificate.utf8))
        let settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(WebhookCertificate.key.utf8), format: .pem)))
        let context = try NIOSSLContext(configuration: settings)
        let reviews = Reviews()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    reviews.connections.withLock { $0 += 1 }
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(respond, reviews))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        return WebhookServer(channel, reviews)
    }

    private init(_ channel: any Channel, _ reviews: Reviews) {
        self.channel = channel
        self.reviews = reviews
    }

    var url: String { "https://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    var port: Int { channel.localAddress?.port ?? 0 }
    var received: [(uri: String, review: Value)] { reviews.all.withLock { $0 } }
    var connections: Int { reviews.connections.withLock { $0 } }

    func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let respond: Respond
        private let reviews: Reviews
        private var uri = ""
        private var body: [UInt8] = []

        init(_ respond: @escaping Respond, _ reviews: Reviews) {
            self.respond = respond
            self.reviews = reviews
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (uri, body) = (head.uri, [])
            case .body(let bytes): body += bytes.readableBytesView
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            // What is no JSON is a test's own mistake, and shows as null.
            let review = (try? JSON.parse(body).value) ?? .null
            reviews.all.withLock { $0.append((uri, review)) }
            let answer = respond(String(uri.prefix { $0 != "?" }), review)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.assumeIsolated().scheduleTask(in: answer.delay) {
                let (handler, context) = bound.value
                handler.write(answer, context)
            }
        }

        private func write(_ answer: Answer, _ context: ChannelHandlerContext) {
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
            head.headers.add(name: "Content-Type", value: answer.contentType)
            head.headers.add(name: "Content-Length", value: "\(answer.body.count + (answer.isEndless ? 1 : 0))")
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
            if answer.isEndless { return context.flush() }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}

extension WebhookServer.Answer {
    /// The answer to an AdmissionReview.
    static func admission(_ review: Value, _ response: Object) -> WebhookServer.Answer {
        var response = response
        response["uid"] = review.at("request", "uid") ?? .null
        let answer: Value = [
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": .object(response),
        ]
        return WebhookServer.Answer(body: answer.jsonBytes)
    }

    static func patched(_ review: Value, _ patch: Value) -> WebhookServer.Answer {
        admission(
            review,
            [
                "allowed": true, "patchType": "JSONPatch",
                "patch": .string(Base64.encode(patch.jsonBytes[...])),
            ])
    }
}

/// A certificate of `localhost` and `127.0.0.1` that signs itself, for a hundred years, and its key.
enum WebhookCertificate {
    static let authorities = Base64.encode(Array(certificate.utf8)[...])
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBnDCCAUGgAwIBAgIUYA2yRvjmb5XvuG8Uq5K3jKIYBB0wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIwMzc0MFoYDzIxMjYxMTA2
        MjAzNzQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASRs2TCwVAtSd26sw0GhBkVd8mz6FSm70hCoy3UEkrvdQN/FdMBGpkP
        60QgG3H3+otbB0gGHwBMk0lw0PCwBf9Ho28wbTAdBgNVHQ4EFgQUuOEdlSdXvEWn
        6bvY2S+e4PtGscswHwYDVR0jBBgwFoAUuOEdlSdXvEWn6bvY2S+e4PtGscswDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSQAwRgIhAMfMgkvGUOc4QzAiDzmzCHrwzWPQwCj8PzRog9waiYqwAiEA
        qLT9PLKq8FNhc9tD9djP0spr+0LMk2NUWll0cvxqTtM=
        -----END CERTIFICATE-----
        """
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPp31YNgCkqNGb9y+
        ZuJHQrNsyzjGyr/QZfZBe74F0tGhRANCAASRs2TCwVAtSd26sw0GhBkVd8mz6FSm
        70hCoy3UEkrvdQN/FdMBGpkP60QgG3H3+otbB0gGHwBMk0lw0PCwBf9H
        -----END PRIVATE KEY-----
        """
}
