import AsyncHTTPClient
import FairleadAPI
import FairleadModel
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import FairleadHTTP

/// The door with TLS: both versions of HTTP, certificates of clients, handshakes that are none.
@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    @Test(arguments: [true, false])
    func answersInBothVersions(isHTTP2: Bool) async throws {
        try await withSecureServer { port, _ in
            try await withClient(isHTTP2: isHTTP2) { client in
                var request = HTTPClientRequest(url: "https://localhost:\(port)/a/b?c=d")
                request.method = .POST
                request.body = .bytes(ByteBuffer(string: "some words"))
                let answer = try await client.execute(request, timeout: .seconds(10))
                #expect(answer.version == (isHTTP2 ? .http2 : .http1_1))
                #expect(answer.status == .ok)
                #expect(answer.headers["content-type"] == ["text/plain; charset=utf-8"])
                #expect(answer.headers["date"].count == 1)
                let body = try await answer.body.collect(upTo: 1 << 20)
                #expect(String(buffer: body) == "POST /a/b [c=d] some words")
            }
        }
    }

    @Test(arguments: [true, false])
    func aLargeAnswerComesWhole(isHTTP2: Bool) async throws {
        let text = String(repeating: "0123456789", count: 300_000)
        try await withSecureServer(handler: { _ in .response(.text(200, text)) }) { port, _ in
            try await withClient(isHTTP2: isHTTP2) { client in
                for _ in 0..<3 {
                    let answer = try await client.execute(
                        HTTPClientRequest(url: "https://localhost:\(port)/"), timeout: .seconds(10))
                    let body = try await answer.body.collect(upTo: 8 << 20)
                    #expect(body.readableBytes == text.utf8.count)
                }
            }
        }
    }

    @Test func manyStreamsShareAConnectionAndEndAlone() async throws {
        let streams = Mutex<[String: ScriptedStream]>([:])
        try await withSecureServer(handler: { request in
            let stream = ScriptedStream()
            streams.withLock { $0[request.path] = stream }
            return .stream(stream, contentType: "application/json", headers: [])
        }) { port, server in
            try await withClient(isHTTP2: true) { client in
                try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            let request = HTTPClientRequest(url: "https://localhost:\(port)/\(number)")
                            let answer = try await client.execute(request, timeout: .seconds(20))
                            return String(buffer: try await answer.body.collect(upTo: 1 << 20))
                        }
                    }
                    while streams.withLock({ $0.count }) < 50 { try await Task.sleep(for: .milliseconds(5)) }
                    #expect(server.statistics.connectionsAccepted <= 2)
                    for (path, stream) in streams.withLock({ $0 }) { stream.give("of \(path)", ends: true) }
                    var texts: Set<String> = []
                    for try await text in group { texts.insert(text) }
                    #expect(texts == Set((0..<50).map { "of /\($0)" }))
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func aStreamIsCancelledWhenItsClientGoes(isHTTP2: Bool) async throws {
        let stream = ScriptedStream()
        try await withSecureServer(handler: { _ in .stream(stream, contentType: "text/plain", headers: []) }) {
            port, _ in
            try await withClient(isHTTP2: isHTTP2) { client in
                let answer = try await client.execute(
                    HTTPClientRequest(url: "https://localhost:\(port)/"), timeout: .seconds(10))
                stream.give("hello")
                for try await part in answer.body {
                    #expect(String(buffer: part) == "hello")
                    break
                }
            }
            await stream.untilCancelled()
        }
    }

    @Test func aBodyBeyondTheLimitIsRefused() async throws {
        try await withSecureServer({ $0.maximumBodyBytes = 1000 }) { port, _ in
            try await withClient(isHTTP2: true) { client in
                var request = HTTPClientRequest(url: "https://localhost:\(port)/")
                request.method = .POST
                request.body = .bytes(ByteBuffer(repeating: 0x61, count: 2000))
                let answer = try await client.execute(request, timeout: .seconds(10))
                #expect(answer.status.code == 413)
                // The connection goes on.
                let next = try await client.execute(
                    HTTPClientRequest(url: "https://localhost:\(port)/"), timeout: .seconds(10))
                #expect(next.status == .ok)
            }
        }
    }

    @Test func theClientsCertificateReachesTheHandler() async throws {
        let seen = Mutex<[[UInt8]]>([])
        try await withSecureServer(
            identify: { certificates in
                seen.withLock { $0 = certificates }
                return PeerIdentity(
                    isOverTLS: true,
                    certificate: .init(commonName: "\(certificates.count)", organizations: [], fingerprint: ""))
            },
            handler: { .response(.text(200, $0.peer?.certificate?.commonName ?? "nobody")) }
        ) { port, _ in
            try await withClient(isHTTP2: true, hasCertificate: true) { client in
                let answer = try await client.execute(
                    HTTPClientRequest(url: "https://localhost:\(port)/"), timeout: .seconds(10))
                #expect(String(buffer: try await answer.body.collect(upTo: 100)) == "1")
            }
            let own = try NIOSSLCertificate.fromPEMBytes(Array(TLSFixture.certificate.utf8))[0].toDERBytes()
            #expect(seen.withLock { $0 } == [own])
            try await withClient(isHTTP2: true) { client in
                let answer = try await client.execute(
                    HTTPClientRequest(url: "https://localhost:\(port)/"), timeout: .seconds(10))
                #expect(String(buffer: try await answer.body.collect(upTo: 100)) == "nobody")
            }
        }
    }

    @Test func whoSaysNothingIsClosedAfterTheTimeForAHead() async throws {
        try await withSecureServer({
            $0.tick = .milliseconds(20)
            $0.headerTimeout = .milliseconds(100)
        }) { port, server in
            let group = MultiThreadedEventLoopGroup.singleton
            let channels = try await withThrowingTaskGroup(of: (any Channel).self) { tasks in
                for _ in 0..<100 {
                    tasks.addTask {
                        try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
                    }
                }
                return try await tasks.reduce(into: [any Channel]()) { $0.append($1) }
            }
            for channel in channels { try await channel.closeFuture.get() }
            #expect(server.statistics.connectionsOpen == 0)
        }
    }

    @Test func plainTextOnTheDoorWithTLSClosesTheConnection() async throws {
        try await withSecureServer { port, server in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")).get()
            try await channel.closeFuture.get()
        }
    }

    @Test func aFreePortIsTakenOnlyIfThatIsAllowed() async throws {
        try await withSecureServer { port, _ in
            for mayMove in [true, false] {
                var door = Self.door()
                door.addresses = [HTTPAddress(host: "127.0.0.1", port: port)]
                door.takesFreePort = mayMove
                var configuration = HTTPServerConfiguration(addresses: [HTTPAddress(host: "127.0.0.1", port: 0)])
                configuration.secure = door
                let server = HTTPServer(configuration: configuration, handler: echo, logger: .init(label: "test"))
                if mayMove {
                    _ = try await server.start()
                    #expect(server.secureAddresses.count == 1)
                    #expect(server.secureAddresses[0].port != port)
                } else {
                    await #expect(throws: HTTPServerError.self) { try await server.start() }
                }
                await server.shutdown()
            }
        }
    }

    // MARK: -

    static func door(
        identify: @escaping @Sendable ([[UInt8]]) -> PeerIdentity = { _ in PeerIdentity(isOverTLS: true) }
    ) -> SecureDoor {
        SecureDoor(
            addresses: [HTTPAddress(host: "127.0.0.1", port: 0)],
            credentials: .init(certificateChain: TLSFixture.certificate, privateKey: TLSFixture.key),
            identify: identify)
    }

    private func withSecureServer(
        _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
        identify: @escaping @Sendable ([[UInt8]]) -> PeerIdentity = { _ in PeerIdentity(isOverTLS: true) },
        handler: @escaping @Sendable (APIRequest) -> APIOutcome = echo,
        _ body: (_ port: Int, HTTPServer) async throws -> Void
    ) async throws {
        try await withServer(
            {
                configure(&$0)
                $0.secure = Self.door(identify: identify)
            }, handler: handler
        ) { server, _ in try await body(server.secureAddresses[0].port, server) }
    }

    private func withClient(
        isHTTP2: Bool, hasCertificate: Bool = false, _ body: (HTTPClient) async throws -> Void
    ) async throws {
        let trusted = try NIOSSLCertificate.fromPEMBytes(Array(TLSFixture.certificate.utf8))
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(trusted)
        if hasCertificate {
            tls.certificateChain = trusted.map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(TLSFixture.key.utf8), format: .pem))
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = isHTTP2 ? .automatic : .http1Only
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await body(client)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }
}

/// Whose client it is, on the door without TLS.
struct PeerOwnerTests {
    @Test func theTableOfSocketsIsRead() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1 0
               1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 101 1 0
               2: 0100007F:C351 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0
            """
        let server = PeerOwner.Endpoint(address: [127, 0, 0, 1], port: 8080)
        func owner(_ port: UInt16) -> UInt32? {
            SocketTable.owner(
                local: PeerOwner.Endpoint(address: [127, 0, 0, 1], port: port), remote: server, in: table)
        }
        #expect(owner(50000) == 1001)
        // Closed already: the zero is no user.
        #expect(owner(50001) == nil)
        #expect(owner(50002) == nil)
    }

    #if os(Linux)
        @Test func aClientThatHasGoneIsNotLookedForInTheTable() async throws {
            let group = MultiThreadedEventLoopGroup.singleton
            let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
            let client = try await ClientBootstrap(group: group)
                .connect(to: try #require(listener.localAddress)).get()
            let here = try #require(client.localAddress.flatMap(PeerOwner.Endpoint.init))
            let there = try #require(client.remoteAddress.flatMap(PeerOwner.Endpoint.init))
            var lookups = 0
            func owner() -> UInt32? {
                PeerOwner.owner(of: here, to: there) { _, _ in
                    lookups += 1
                    return 12345
                }
            }
            #expect(owner() == geteuid())
            try await client.close()
            #expect(owner() == nil)
            try await listener.close()
            #expect(owner() == nil)
            // Without sock_diag(7), as in some sandboxes, the table is all there is.
            #expect(lookups == 0)
        }
    #endif

    @Test(arguments: ["127.0.0.1", "::1"])
    func ownClientsAreServed(host: String) async throws {
        var configuration = HTTPServerConfiguration(addresses: [HTTPAddress(host: host, port: 0)])
        configuration.isForOwner = true
        let server = HTTPServer(configuration: configuration, handler: echo, logger: .init(label: "test"))
        let port = try await server.start()[0].port
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        let name = host.contains(":") ? "[\(host)]" : host
        let answer = try await client.execute(
            HTTPClientRequest(url: "http://\(name):\(port)/"), timeout: .seconds(10))
        #expect(answer.status == .ok)
        try await client.shutdown()
        await server.shutdown()
    }
}
