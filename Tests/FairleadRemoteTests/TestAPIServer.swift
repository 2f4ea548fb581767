import FairleadRemote
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP server in this process that answers as a test says, and remembers what it was asked.
final class TestAPIServer: Sendable {
    struct Request: Sendable {
        var method: String
        var uri: String
        var headers: HTTPHeaders
        var body: String

        var path: String { String(uri.prefix { $0 != "?" }) }

        /// A value of the query; nil if it is not there.
        func query(_ name: String) -> String? {
            uri.drop { $0 != "?" }.dropFirst().split(separator: "&").first { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.count + 1)) }
        }
    }

    typealias Respond = @Sendable (Request, TestAnswer) -> Void

    let port: Int
    private let isSecure: Bool
    private let listener: any Channel
    private let log: RequestLog

    /// Listens on 127.0.0.1. `respond` is called on an event loop for each request.
    static func start(
        port: Int = 0, tls: TLSConfiguration? = nil, _ respond: @escaping Respond
    ) async throws -> TestAPIServer {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let log = RequestLog()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                log.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(TestRequestHandler(log: log, respond: respond))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return TestAPIServer(
            port: listener.localAddress?.port ?? 0, isSecure: tls != nil, listener: listener, log: log)
    }

    private init(port: Int, isSecure: Bool, listener: any Channel, log: RequestLog) {
        self.port = port
        self.isSecure = isSecure
        self.listener = listener
        self.log = log
    }

    var url: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }

    /// All requests so far, in the order in which they came.
    var requests: [Request] { log.requests }

    /// Stops listening and breaks all connections off.
    func stop() async {
        // What has been closed already is as good.
        try? await listener.close()
        await log.closeAll()
    }
}

/// What a server was asked, and by which connections.
final class RequestLog: Sendable {
    private let state = Mutex((requests: [TestAPIServer.Request](), channels: [any Channel]()))

    var requests: [TestAPIServer.Request] { state.withLock { $0.requests } }

    func add(_ request: TestAPIServer.Request) { state.withLock { $0.requests.append(request) } }

    func add(_ channel: any Channel) { state.withLock { $0.channels.append(channel) } }

    func closeAll() async {
        // What has been closed already is as good.
        for channel in state.withLock({ $0.channels }) { try? await channel.close() }
    }
}

/// The answer to one request. All calls are allowed on any thread.
final class TestAnswer: Sendable {
    private let channel: any Channel
    private let sent = Atomic(0)

    init(channel: any Channel) { self.channel = channel }

    /// How many bytes of `write` the kernel has taken.
    var sentBytes: Int { sent.load(ordering: .relaxed) }
    var isClosed: Bool { !channel.isActive }

    func send(_ body: String) { send(200, [:], body) }

    func send(_ code: Int, _ body: String) { send(code, [:], body) }

    /// A whole answer.
    func send(_ code: Int, _ headers: HTTPHeaders, _ body: String) {
        var headers = headers
        headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        begin(code, headers)
        write(body)
        end()
    }

    /// The head of an answer.
    func begin(_ code: Int = 200, _ headers: HTTPHeaders = [:]) {
        var headers = headers
        if !headers.contains(name: "Content-Type") { headers.add(name: "Content-Type", value: "application/json") }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: code), headers: headers)
        channel.writeAndFlush(HTTPServerResponsePart.head(head), promise: nil)
    }

    func write(_ text: String) {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenSuccess { [self] in sent.add(text.utf8.count, ordering: .relaxed) }
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: promise)
    }

    func end() { channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil) }

    /// Closes the connection, in the middle of whatever it is in.
    func cut() { channel.close(promise: nil) }
}

private final class TestRequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let log: RequestLog
    private let respond: TestAPIServer.Respond
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(log: RequestLog, respond: @escaping TestAPIServer.Respond) {
        self.log = log
        self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var piece): body.writeBuffer(&piece)
        case .end:
            guard let head else { return }
            let request = TestAPIServer.Request(
                method: head.method.rawValue, uri: head.uri, headers: head.headers, body: String(buffer: body))
            log.add(request)
            respond(request, TestAnswer(channel: context.channel))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Clients that trust nobody, and such that go away.
        context.close(promise: nil)
    }
}
