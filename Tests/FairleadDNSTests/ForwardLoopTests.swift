import FairleadClientTesting
import FairleadModel
import InMemoryLogging
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import FairleadDNS

/// Servers that are told to ask each other.
struct ForwardLoopTests {
    private let handler = InMemoryLogHandler()
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    private func configuration(_ address: String) throws -> DNSConfiguration {
        DNSConfiguration(
            listen: try #require(DNSAddress(address)),
            zone: ZoneSettings(domain: try #require(DomainName("cluster.local"))))
    }

    private func server(_ address: String, forward: String) throws -> DNSServer {
        var configuration = try configuration(address)
        configuration.eventLoops = 1
        configuration.forward = DNSAddress(forward)
        let handler = handler
        configuration.logger = Logger(label: "test") { _ in handler }
        return try DNSServer(
            configuration: configuration, source: MemoryRecordSource.cluster(), isReady: { true },
            now: { Timestamp(seconds: 0, nanoseconds: 0) })
    }

    @Test(arguments: [
        ("127.0.0.1:53", "127.0.0.1:53", true), ("0.0.0.0:53", "127.0.0.1:53", true), ("[::]:53", "[::1]:53", true),
        ("127.0.0.1:53", "127.0.0.1:54", false), ("127.0.0.1:53", "127.0.0.2:53", false),
        ("0.0.0.0:53", "192.0.2.1:53", false),
    ])
    func itselfIsKnownByItsAddress(listen: String, forward: String, isItself: Bool) throws {
        var configuration = try configuration(listen)
        configuration.forward = DNSAddress(forward)
        #expect(configuration.forwardsToItself == isItself)
    }

    /// Both servers, started, and the second one's port.
    ///
    /// The first one's port is only known once it listens, and it has to know the second one's before that. A port that
    /// was free a moment ago may be taken by another test, so this tries again with another.
    private func twoServersThatAskEachOther() async throws -> (DNSServer, DNSServer, port: Int) {
        var attempts = 0
        while true {
            let reserved = try await DatagramBootstrap(group: eventLoop).bind(host: "127.0.0.1", port: 0).get()
            let port = try #require(reserved.localAddress?.port)
            try await reserved.close()
            let first = try server("127.0.0.1:0", forward: "127.0.0.1:\(port)")
            let address = try await first.start()
            let second = try server("127.0.0.1:\(port)", forward: "127.0.0.1:\(address.port)")
            do {
                _ = try await second.start()
                return (first, second, port)
            } catch  where attempts < 10 {
                attempts += 1
                await first.shutdown()
            }
        }
    }

    @Test func twoServersThatAskEachOtherNoticeItAndStop() async throws {
        let (first, second, port) = try await twoServersThatAskEachOther()
        let isNoticed = await eventually {
            handler.entries.contains { $0.level == .error && $0.message.description.contains("passes questions back") }
        }
        #expect(isNoticed)
        let socket = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let query = Message(id: 7, asking: Question(try #require(DomainName("www.example.com")), .a))
        let answer = try await query.answer(from: socket, .udp, on: eventLoop)
        #expect(answer.responseCode == .refused || answer.responseCode == .serverFailure)
        await first.shutdown()
        await second.shutdown()
    }
}
