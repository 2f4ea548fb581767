import FairleadModel
import NIOCore
import NIOPosix
import Testing

@testable import FairleadLab

/// The echo, on sockets of this machine's loopback interface.
struct EchoTests {
    private static let identity = EchoIdentity(
        pod: ObjectName(namespace: "default", name: "web-1"), node: "node-1", addresses: [IPAddress("127.0.0.1")!],
        portName: "http")

    /// Keeps what a client receives, until the server closes.
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let received: NIOLockedText

        init(_ received: NIOLockedText) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.append(String(buffer: unwrapInboundIn(data)))
        }
    }

    /// However busy the machine is, nobody is answered for having said nothing yet.
    private static let limits: LabLimits = {
        var limits = LabLimits()
        limits.silence = .seconds(600)
        return limits
    }()

    private static let service = ListenerService(
        limits: limits,
        upstreams: Upstreams(
            apiServer: try! SocketAddress(ipAddress: "127.0.0.1", port: 1), clusterDNS: nil, balancers: BalancerTable(),
            fabric: "/nowhere", pool: NIOThreadPool.singleton))

    private static func listener(_ purpose: Listener.Purpose) -> Listener {
        Listener(namespace: "n", identity: "i", address: "127.0.0.1", port: 0, transport: .tcp, purpose: purpose)
    }

    private func listen(_ service: ListenerService, _ purpose: Listener.Purpose) async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { service.accept($0, Self.listener(purpose)) }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// What a client gets for its words, which it ends by closing its half.
    private func answer(
        to words: String, _ service: ListenerService = Self.service, _ purpose: Listener.Purpose = .echo(identity)
    ) async throws -> String {
        let server = try await listen(service, purpose)
        let received = NIOLockedText()
        let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { $0.pipeline.addHandler(Collector(received)) }
            .connect(to: try #require(server.localAddress)).get()
        do {
            if !words.isEmpty { try await client.writeAndFlush(ByteBuffer(string: words)).get() }
            try await client.close(mode: .output).get()
        } catch {
            // The server has closed already, which is what the test may be about.
        }
        try await client.closeFuture.get()
        try await server.close().get()
        return received.text
    }

    @Test func silenceIsAnswered() async throws {
        let text = try await answer(to: "")
        #expect(text.hasPrefix("pod        web-1\nnamespace  default\nnode       node-1\nfrom       127.0.0.1:"))
        #expect(text.hasSuffix("protocol   TCP\nport       http\n"))
    }

    @Test func everyLineIsAnswered() async throws {
        let text = try await answer(to: "hello\nagain\n")
        #expect(text.split(separator: "\n").count { $0 == "pod        web-1" } == 2)
    }

    @Test func whatHasNoEndIsAnsweredAtTheEnd() async throws {
        #expect(try await answer(to: "GE").hasPrefix("pod "))
        #expect(try await answer(to: "hello").hasPrefix("pod "))
    }

    @Test func programsGetJSON() async throws {
        let value = try JSON.parseStored(Array(try await answer(to: "json\n").utf8))
        #expect(value.text("pod") == "web-1" && value.text("source", "address") == "127.0.0.1")
        #expect(value.text("protocol") == "TCP" && value.at("destination", "port")?.int != nil)
    }

    @Test func requestsAreAnsweredAsHTTP() async throws {
        let text = try await answer(to: "GET /a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("request    GET /a?b\n"))
    }

    @Test(arguments: ["GET /json HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nAccept: application/json\r\n\r\n"])
    func requestsForJSONGetIt(request: String) async throws {
        let text = try await answer(to: request)
        let body = try #require(text.split(separator: "\r\n\r\n", maxSplits: 1).last)
        #expect(try JSON.parseStored(Array(body.utf8)).text("request").hasPrefix("GET /"))
    }

    @Test func bodiesAreReadAndHeadsHaveNone() async throws {
        let text = try await answer(to: "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
        #expect(text.hasSuffix("request    POST /\n"))
        let head = try await answer(to: "HEAD / HTTP/1.0\r\n\r\n")
        #expect(head.hasSuffix("\r\n\r\n"))
    }

    @Test func oneConnectionTakesManyRequests() async throws {
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        let text = try await answer(
            to: request + request + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(text.split(separator: "\n").count { $0.hasPrefix("HTTP/1.1 200 OK") } == 3)
    }

    @Test func endlessLinesAreNotKept() async throws {
        #expect(try await answer(to: String(repeating: "x", count: 20_000)) == "")
    }

    @Test(arguments: [
        ("GET /", true), ("GE", nil), ("", nil), ("GETX", false), ("hello", false), ("PATCH ", true), ("P", nil),
    ])
    func requestsAreToldFromOtherWords(words: String, isHTTP: Bool?) {
        #expect(EchoGate.isHTTP(Array(words.utf8)) == isHTTP)
    }

    @Test func mappedAddressesAreShownAsWhatTheyAre() {
        let answer = EchoAnswer(
            Self.identity, .udp, from: .init(address: "::ffff:10.0.0.1", port: 5),
            to: .init(address: "fd00::1", port: nil))
        #expect(answer.text.contains("from       10.0.0.1:5\nto         fd00::1\nprotocol   UDP\n"))
        #expect(answer.json.at("destination", "port") == .null)
    }

    // MARK: Relays

    @Test func connectionsArePassedOn() async throws {
        let target = try await listen(Self.service, .echo(Self.identity))
        let relaying = ListenerService(
            limits: LabLimits(),
            upstreams: Upstreams(
                apiServer: try #require(target.localAddress), clusterDNS: nil, balancers: BalancerTable(),
                fabric: "/nowhere", pool: NIOThreadPool.singleton))
        #expect(try await answer(to: "hello\n", relaying, .apiServer(isLocal: true)).hasPrefix("pod        web-1\n"))
        let many = String(repeating: "line\n", count: 20_000)
        let text = try await answer(to: many, relaying, .apiServer(isLocal: true))
        #expect(text.split(separator: "\n").count { $0 == "pod        web-1" } == 20_000)
        try await target.close().get()
    }

    @Test func aServerIsAskedUnderItsOwnName() async throws {
        let asked = NIOLockedText()
        let target = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { $0.pipeline.addHandler(OneAnswer(asked)) }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(target.localAddress)
        let relaying = ListenerService(
            limits: LabLimits(),
            upstreams: Upstreams(
                apiServer: address, clusterDNS: nil, balancers: BalancerTable(), fabric: "/nowhere",
                pool: NIOThreadPool.singleton))
        let text = try await answer(
            to: "POST /x HTTP/1.1\r\nHost: kubernetes.default\r\nContent-Length: 2\r\n\r\nhi", relaying,
            .apiServer(isLocal: false))
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("\r\n\r\nyes"))
        #expect(asked.text.hasPrefix("POST /x HTTP/1.1\r\n") && asked.text.hasSuffix("\r\n\r\nhi"))
        #expect(asked.text.contains("Host: 127.0.0.1:\(try #require(address.port))\r\n"))
        #expect(!asked.text.contains("kubernetes.default"))
        try await target.close().get()
    }

    /// Answers what ends with `hi`, and closes.
    private final class OneAnswer: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        let asked: NIOLockedText

        init(_ asked: NIOLockedText) { self.asked = asked }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            asked.append(String(buffer: unwrapInboundIn(data)))
            guard asked.text.hasSuffix("hi") else { return }
            let words = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(words)).whenComplete { _ in channel.close(promise: nil) }
        }
    }

    @Test func whoCannotBePassedOnIsClosed() async throws {
        #expect(try await answer(to: "hello\n", Self.service, .apiServer(isLocal: true)) == "")
        #expect(try await answer(to: "hello\n", Self.service, .clusterDNS) == "")
        let nowhere = BalancerPort(address: IPAddress("10.0.0.1")!, port: 80)
        #expect(try await answer(to: "hello\n", Self.service, .balancer(nowhere)) == "")
    }

    // MARK: Limits

    @Test func moreConnectionsThanAllowedAreRefused() async throws {
        func channel() async throws -> any Channel {
            try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(host: "127.0.0.1", port: 0)
                .get()
        }
        let connections = Connections(most: 1)
        let (first, second) = (try await channel(), try await channel())
        #expect(connections.add(first))
        #expect(!connections.add(second))
        first.close(promise: nil)
        try await first.closeFuture.get()
        #expect(connections.add(second))
        connections.closeAll()
        try await second.closeFuture.get()
        let late = try await channel()
        #expect(!connections.add(late))
        try await late.close().get()
    }
}
