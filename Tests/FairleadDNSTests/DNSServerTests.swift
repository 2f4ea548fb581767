import FairleadClientTesting
import FairleadMetrics
import FairleadMetricsTesting
import FairleadModel
import NIOCore
import NIOPosix
import Testing

@testable import FairleadDNS

/// A server on real sockets.
struct DNSServerTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    private func withServer(
        _ source: MemoryRecordSource = .cluster(), isReady: Bool = true,
        _ change: (inout DNSConfiguration) -> Void = { _ in }, _ body: (SocketAddress, DNSServer) async throws -> Void
    ) async throws {
        var configuration = DNSConfiguration(
            listen: try #require(DNSAddress("127.0.0.1:0")),
            zone: ZoneSettings(domain: try #require(DomainName("cluster.local"))))
        configuration.eventLoops = 2
        change(&configuration)
        let server = try DNSServer(
            configuration: configuration, source: source, isReady: { isReady },
            now: { Timestamp(seconds: 1_700_000_000, nanoseconds: 0) })
        let address = try await server.start()
        do {
            try await body(try SocketAddress(ipAddress: "127.0.0.1", port: address.port), server)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    private func ask(
        _ name: String, _ type: RecordType = .a, at server: SocketAddress, _ transport: DNSTransport = .udp,
        timeout: TimeAmount? = nil
    ) async throws -> Message {
        let query = Message(
            id: UInt16.random(in: 0...65535), asking: Question(try #require(DomainName(name)), type))
        guard let timeout else { return try await query.answer(from: server, transport, on: eventLoop) }
        return try await DNSExchange.run(query, at: server, transport, timeout: timeout, on: eventLoop).get()
    }

    @Test(arguments: DNSTransport.allCases)
    func answersByBothTransportsOnOnePort(transport: DNSTransport) async throws {
        try await withServer { address, _ in
            let answer = try await ask("web.ns.svc.cluster.local", at: address, transport)
            #expect(answer.answers.map(\.data.description) == ["10.96.0.20"])
            let answer1 = try await ask("www.example.com", at: address, transport)
            #expect(answer1.responseCode == .refused)
        }
    }

    @Test
    func aThousandPodsAreCutByUDPAndWholeByTCP() async throws {
        let source = MemoryRecordSource.cluster()
        for slice in 0..<10 {
            source.putSlice(
                "big-\(slice)", of: "none",
                endpoints: .array((0..<100).map { ["addresses": [.string("10.\(slice).0.\($0)")]] }))
        }
        try await withServer(source) { address, _ in
            let cut = try await ask("none.ns.svc.cluster.local", at: address)
            #expect(cut.header.isTruncated)
            let whole = try await ask("none.ns.svc.cluster.local", at: address, .tcp)
            #expect(!whole.header.isTruncated)
            #expect(Set(whole.answers).count == 1000)
        }
    }

    private func ask(
        _ name: String, size: UInt16, at server: SocketAddress
    ) async throws -> (message: Message, bytes: Int) {
        var query = Message(id: 99, asking: Question(try #require(DomainName(name)), .a))
        query.edns = ExtendedDNS(payloadSize: size)
        let answer = try await query.answer(from: server, .udp, on: eventLoop)
        return (answer, answer.bytes().count)
    }

    @Test
    func anAnswerByUDPIsAsLargeAsAskedAndAllowed() async throws {
        let source = MemoryRecordSource.cluster()
        for slice in 0..<10 {
            source.putSlice(
                "big-\(slice)", of: "none",
                endpoints: .array(
                    (0..<1000).map { ["addresses": [.string("10.\(slice).\($0 / 250).\($0 % 250)")]] }))
        }
        let name = "none.ns.svc.cluster.local"
        try await withServer(source) { address, _ in
            for (size, least, most) in [(512, 490, 512), (1232, 1210, 1232), (4096, 1210, 1232), (65535, 1210, 1232)] {
                let (answer, bytes) = try await ask(name, size: UInt16(size), at: address)
                #expect(answer.header.isTruncated)
                #expect((least...most).contains(bytes), "\(size): \(bytes)")
            }
            // Nobody asks by TCP in the name of another.
            _ = try await ask(name, at: address, .tcp)
            let (_, bytes) = try await ask(name, size: 65535, at: address)
            #expect((4070...4096).contains(bytes), "\(bytes)")
        }
        try await withServer(source) {
            $0.udpSize = 65507
        } _: { address, _ in
            let (answer, bytes) = try await ask(name, size: 65535, at: address)
            #expect(answer.header.isTruncated)
            #expect((65480...65507).contains(bytes), "\(bytes)")
            #expect(answer.answers.count > 4000)
        }
    }

    @Test
    func questionsThatAreTheSameAreAskedOnce() async throws {
        let silent = try await DatagramBootstrap(group: eventLoop).bind(host: "127.0.0.1", port: 0).get()
        let metrics = MetricsRegistry(DNSServer.metricFamilies)
        try await withServer {
            $0.forward = DNSAddress("127.0.0.1:\(silent.localAddress?.port ?? 0)")
            $0.metrics = metrics
        } _: { address, _ in
            let failures = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        // Nobody answers there.
                        let answer = try? await ask("www.example.com", at: address, timeout: .seconds(30))
                        return answer?.responseCode == .serverFailure
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failures == 50)
            #expect(metrics.text.contains("coredns_proxy_requests_total{server=\"dns://:53\"} 2\n"))
        }
        try await silent.close()
    }

    @Test
    func beforeTheCacheIsReadyItIsAFailureAndNotALie() async throws {
        try await withServer(isReady: false) { address, _ in
            let answer2 = try await ask("web.ns.svc.cluster.local", at: address)
            #expect(answer2.responseCode == .serverFailure)
        }
    }

    @Test
    func withoutReadyKubeDNSPodsNobodyAnswers() async throws {
        let source = MemoryRecordSource.cluster()
        source.putNamespace("kube-system")
        source.putService(
            "kube-dns", namespace: "kube-system", ["type": "ClusterIP", "clusterIP": "10.96.0.10", "ports": []])
        func setReady(_ isReady: Bool) {
            source.putSlice(
                "kube-dns-1", of: "kube-dns", namespace: "kube-system",
                endpoints: [["addresses": ["10.244.0.99"], "conditions": ["ready": .bool(isReady)]]])
        }
        setReady(false)
        try await withServer(source) {
            $0.follows = ZoneSettings.NameServer(namespace: "kube-system", service: "kube-dns")
        } _: { address, _ in
            await #expect(throws: DNSExchange.TimedOut.self) {
                try await ask("web.ns.svc.cluster.local", at: address, timeout: .milliseconds(200))
            }
            setReady(true)
            let answer3 = try await ask("web.ns.svc.cluster.local", at: address)
            #expect(answer3.answers.count == 1)
            source.delete(.services, namespace: "kube-system", name: "kube-dns")
            await #expect(throws: DNSExchange.TimedOut.self) {
                try await ask("web.ns.svc.cluster.local", at: address, timeout: .milliseconds(200))
            }
        }
    }

    @Test
    func aTakenPortIsAnError() async throws {
        try await withServer { address, server in
            var configuration = server.configuration
            configuration.listen.port = try #require(address.port)
            let second = try DNSServer(
                configuration: configuration, source: MemoryRecordSource.cluster(), isReady: { true },
                now: { Timestamp(seconds: 0, nanoseconds: 0) })
            await #expect(throws: (any Error).self) { try await second.start() }
            #expect(second.address == nil)
        }
    }

    @Test
    func questionsSentAtOnceOnOneConnectionAreAnsweredInOrder() async throws {
        try await withServer { address, _ in
            let connection = try await TCPConnection(address)
            var bytes: [UInt8] = [0, 2, 1, 1]
            for id in 0..<100 {
                let name = id.isMultiple(of: 2) ? "web.ns.svc.cluster.local" : "nope.ns.svc.cluster.local"
                let packet = Message(id: UInt16(id), asking: Question(try #require(DomainName(name)), .a)).bytes()
                bytes += [UInt8(packet.count >> 8), UInt8(packet.count & 255)] + packet
            }
            // In pieces that end anywhere.
            for start in stride(from: 0, to: bytes.count, by: 777) {
                try await connection.send(Array(bytes[start..<min(start + 777, bytes.count)]))
            }
            for id in 0..<100 {
                let answer = try Message(bytes: try await connection.receive())
                #expect(answer.header.id == UInt16(id))
                #expect(answer.responseCode == (id.isMultiple(of: 2) ? .noError : .nameError))
            }
            await connection.close()
        }
    }

    @Test
    func idleConnectionsAreClosedAndTheIdlestGivesItsPlace() async throws {
        try await withServer {
            $0.idleTimeout = .milliseconds(300)
            $0.maximumConnections = 2
        } _: { address, _ in
            let first = try await TCPConnection(address)
            let second = try await TCPConnection(address)
            let third = try await TCPConnection(address)
            await #expect(throws: (any Error).self) { try await first.receive() }
            await #expect(throws: (any Error).self) { try await third.receive() }
            await #expect(throws: (any Error).self) { try await second.receive() }
            let answer4 = try await ask("web.ns.svc.cluster.local", at: address, .tcp)
            #expect(answer4.answers.count == 1)
        }
    }

    @Test
    func aClientThatIsReadForNothingIsAnsweredLater() async throws {
        let source = MemoryRecordSource.cluster()
        source.putSlice(
            "big", of: "none",
            endpoints: .array((0..<1000).map { ["addresses": [.string("10.0.\($0 / 250).\($0 % 250)")]] })
        )
        try await withServer(source) { address, _ in
            // Answers of 16 KiB: more than a connection holds.
            let connection = try await TCPConnection(address)
            let name = try #require(DomainName("none.ns.svc.cluster.local"))
            let packets = (0..<100).flatMap { id -> [UInt8] in
                let packet = Message(id: UInt16(id), asking: Question(name, .a)).bytes()
                return [UInt8(packet.count >> 8), UInt8(packet.count & 255)] + packet
            }
            try await connection.send(packets)
            for id in 0..<100 {
                let answer = try Message(bytes: try await connection.receive())
                #expect(answer.header.id == UInt16(id))
                #expect(answer.answers.count == 1000)
            }
            await connection.close()
        }
    }

    @Test
    func namesOfOthersAreForwardedAndKept() async throws {
        let other = MemoryRecordSource()
        other.putNamespace("ns")
        other.putService("web", ["type": "ClusterIP", "clusterIP": "192.0.2.1", "ports": [["port": 80]]])
        let metrics = MetricsRegistry(DNSServer.metricFamilies)
        let upstreamMetrics = MetricsRegistry(DNSServer.metricFamilies)
        try await withServer(other) {
            $0.zone = ZoneSettings(domain: DomainName("example.com") ?? .root)
            // A busy machine must not outlast what is kept.
            $0.zone.ttl = 3600
            $0.metrics = upstreamMetrics
        } _: { upstream, _ in
            let source = MemoryRecordSource.cluster()
            source.putService("out", ["type": "ExternalName", "externalName": "web.ns.svc.example.com"])
            try await withServer(source) {
                $0.forward = DNSAddress("127.0.0.1:\(upstream.port ?? 0)")
                $0.metrics = metrics
            } _: { address, _ in
                for transport in DNSTransport.allCases {
                    let answer = try await ask("web.ns.svc.example.com", at: address, transport)
                    #expect(answer.answers.map(\.data.description) == ["192.0.2.1"])
                }
                let answer5 = try await ask("nope.ns.svc.example.com", at: address)
                #expect(answer5.responseCode == .nameError)
                let answer6 = try await ask("other.org", at: address)
                #expect(answer6.responseCode == .refused)
                let chain = try await ask("out.ns.svc.cluster.local", at: address)
                #expect(chain.answers.map(\.data.description) == ["web.ns.svc.example.com.", "192.0.2.1"])
                #expect(chain.header.isAuthoritative)
                #expect(metrics.text.contains("coredns_cache_hits_total{server=\"dns://:53\"} 2"))
            }
            #expect(upstreamMetrics.text.contains("type=\"A\",view=\"\",zone=\"example.com.\"} 2"))
        }
    }

    @Test
    func metricsAndLogTellWhatWasAsked() async throws {
        let source = MemoryRecordSource.cluster()
        let metrics = MetricsRegistry(DNSServer.metricFamilies)
        try await withServer(source) {
            $0.loggedQuestions = 2
            $0.metrics = metrics
        } _: { address, server in
            for name in ["nope.ns.svc.cluster.local", "web.ns.svc.cluster.local", "db.ns.svc.cluster.local"] {
                _ = try await ask(name, at: address)
            }
            let lines = try #require(server.log).lines(pod: 0, of: 1).map(\.line)
            #expect(lines.count == 2)
            let pattern =
                /\[INFO\] 127.0.0.1:\d+ - \d+ "A IN web.ns.svc.cluster.local. udp 42 false 512" NOERROR qr,aa,rd 58 0.\d+s/
            #expect(lines.first?.wholeMatch(of: pattern) != nil, "\(lines)")
            #expect(
                metrics.text.contains(
                    "rcode=\"NXDOMAIN\",server=\"dns://:53\",view=\"\",zone=\"cluster.local.\"} 1"))
            source.putService("late", ["type": "ClusterIP", "clusterIP": "10.96.0.77", "ports": [["port": 80]]])
            let isMeasured = await eventually {
                metrics.text.contains(
                    "coredns_kubernetes_dns_programming_duration_seconds_count{service_kind=\"cluster_ip\"} 1")
            }
            #expect(isMeasured)
            let page = try ExpositionPage(metrics.text)
            let asked = "family=\"1\",proto=\"udp\",server=\"dns://:53\",type=\"A\",view=\"\",zone=\"cluster.local.\""
            #expect(page.samples["coredns_dns_requests_total{\(asked)}"] == 3)
            #expect(page.sum("coredns_dns_request_duration_seconds_count") == 3)
            #expect(page.sum("coredns_dns_response_size_bytes_bucket", "proto=\"udp\"", "le=\"+Inf\"") == 3)
        }
    }
}

extension Message {
    /// The answer to this query. It is sent again if there is none, as resolvers do: on a busy machine the server drops
    /// queries that have waited for too long.
    func answer(
        from server: SocketAddress, _ transport: DNSTransport, on eventLoop: any EventLoop
    ) async throws -> Message {
        var attempts = 1
        while true {
            do {
                return try await DNSExchange.run(self, at: server, transport, timeout: .seconds(5), on: eventLoop).get()
            } catch {
                guard attempts < 10 else { throw error }
                attempts += 1
            }
        }
    }
}
