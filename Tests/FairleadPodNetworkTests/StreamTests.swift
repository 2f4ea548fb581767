import FairleadContainers
import FairleadModel
import Synchronization
import Testing

@testable import FairleadPodNetwork

/// What connections carry, and how they end.
struct StreamTests {
    private static let text = """
        node n1 192.0.2.1
        node n2 192.0.2.2
        pod client 10.244.1.9 n1
        pod a 10.244.1.5 n1
        service web 10.96.0.10 port=80@30080 vip=203.0.113.1 etp=Local hc=32000
        slice web ports=80
        endpoint 10.244.1.5 node=n1 pod=a
        service kubernetes 10.96.0.1 port=443
        slice kubernetes ports=6443
        endpoint 172.18.0.1
        """
    private static let web = TestCluster.address("10.96.0.10:80")

    private static func connect(_ cluster: TestCluster) async throws -> Connection {
        try await cluster.stack("pod/client").connect(to: web, within: .seconds(1))
    }

    /// Sends back what it gets until its client has nothing more to send.
    private static func echo(_ connection: Connection) async {
        while let bytes = await connection.input.read(upTo: 4096) {
            do { try await connection.output.write(bytes) } catch { return }
        }
        connection.output.end()
    }

    @Test func bytesGoBothWaysAndEndByDirection() async throws {
        let cluster = try TestCluster(Self.text)
        _ = try cluster.stack("pod/a").listen(on: 80, address: nil, Self.echo)
        let connection = try await Self.connect(cluster)
        #expect(connection.local.address == IPAddress("10.244.1.9") && connection.peer == Self.web)
        let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let got = connection.input.all(limit: 1 << 20)
        try await connection.output.write(sent)
        connection.output.end()
        #expect(await got == sent)
    }

    @Test func eachEndSeesItsOwnAddresses() async throws {
        let cluster = try TestCluster(Self.text)
        _ = try cluster.stack("pod/a").listen(on: 80, address: nil) { connection in
            // A client that has gone reads nothing.
            try? await connection.output.write("\(connection.local) \(connection.peer)")
        }
        let connection = try await Self.connect(cluster)
        let answer = String(decoding: await connection.input.all(limit: 1000) ?? [], as: UTF8.self)
        #expect(answer == "10.244.1.5:80 10.244.1.9:\(connection.local.port)")
    }

    /// Whoever ends: what was sent before arrives, then the end comes, and nothing can be written.
    @Test(arguments: ["client", "server", "port", "pod", "client pod", "user"])
    func bothEndsLearnOfTheEnd(who: String) async throws {
        let cluster = try TestCluster(Self.text)
        let (served, serve) = AsyncStream.makeStream(of: Connection.self)
        let port = try cluster.stack("pod/a").listen(on: 80, address: nil) { connection in
            serve.yield(connection)
            // Until it is cancelled or the client has gone.
            while await connection.input.read(upTo: 100) != nil {}
        }
        let client = try await Self.connect(cluster)
        var iterator = served.makeAsyncIterator()
        let server = try #require(await iterator.next())
        try await server.output.write("last words")
        switch who {
        case "client": client.close()
        case "server": server.close()
        case "port": port.close()
        case "pod": cluster.network.remove(pod: "a")
        case "client pod": cluster.network.remove(pod: "client")
        default: cluster.network.release(pod: "a", user: "")
        }
        if !who.hasPrefix("client") {
            let words = await client.input.all(limit: 100)
            #expect(words.map { String(decoding: $0, as: UTF8.self) } == "last words")
        }
        #expect(await client.input.read(upTo: 1) == nil)
        await #expect(throws: BrokenPipe.self) { try await client.output.write("x") }
        // The client's end is its own until it closes it.
        #expect(await eventually { cluster.network.openCount == (who.hasPrefix("client") ? 0 : 1) })
        client.close()
        await #expect(throws: BrokenPipe.self) { try await server.output.write("x") }
        #expect(await eventually { cluster.network.openCount == 0 })
    }

    @Test func anEndThatNobodyHoldsIsClosed() async throws {
        let cluster = try TestCluster(Self.text)
        _ = try cluster.stack("pod/a").listen(on: 80, address: nil, Self.echo)
        for _ in 0..<3 { _ = try await Self.connect(cluster) }
        #expect(await eventually { cluster.network.openCount == 0 })
    }

    @Test func tenThousandConnectionsLeaveNothing() async throws {
        let cluster = try TestCluster(Self.text)
        try TestCluster.answer("a", cluster.stack("pod/a"), 80)
        let stack = cluster.stack("pod/client")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    for _ in 0..<100 {
                        let connection = try await stack.connect(to: Self.web, within: .seconds(1))
                        #expect(await connection.input.all(limit: 100)?.count == 17)
                        connection.close()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await eventually { cluster.network.openCount == 0 })
        #expect(cluster.network.state.withLock { $0.connections.count } == 0)
    }

    @Test func aFullNamespaceRefuses() async throws {
        var settings = PodNetworkSettings()
        settings.mostConnections = 4
        let cluster = try TestCluster(Self.text, settings: settings)
        _ = try cluster.stack("pod/a").listen(on: 80, address: nil, Self.echo)
        let node = cluster.stack("node/n1")
        let destination = TestCluster.address("10.244.1.5:80")
        var open: [Connection] = []
        for _ in 0..<3 { open.append(try await Self.connect(cluster)) }
        open.append(try await node.connect(to: destination, within: .seconds(1)))
        await #expect(throws: NetworkError.refused) { try await node.connect(to: destination, within: .seconds(1)) }
        open[0].close()
        #expect(await eventually { cluster.network.openCount == 6 })
        open.append(try await node.connect(to: destination, within: .seconds(1)))
        // The client's own namespace is full, too.
        _ = try cluster.stack("pod/client").listen(on: 80, address: nil, Self.echo)
        open.append(try await node.connect(to: TestCluster.address("10.244.1.9:80"), within: .seconds(1)))
        open.append(try await node.connect(to: TestCluster.address("10.244.1.9:80"), within: .seconds(1)))
        await #expect(throws: NetworkError.addressNotAvailable) { try await Self.connect(cluster) }
    }

    @Test func machinesProbeAFullNetwork() async throws {
        var settings = PodNetworkSettings()
        settings.mostConnectionsOverall = 4
        let cluster = try TestCluster(Self.text, settings: settings)
        _ = try cluster.stack("pod/a").listen(on: 80, address: nil, Self.echo)
        let open = [try await Self.connect(cluster), try await Self.connect(cluster)]
        await #expect(throws: NetworkError.addressNotAvailable) { try await Self.connect(cluster) }
        for node in ["n1", nil] {
            try await cluster.network.connect(
                fromNode: node, to: TestCluster.address("10.244.1.5:80"), within: .seconds(1)
            ).close()
        }
        for connection in open { connection.close() }
    }

    @Test(arguments: ["10.96.0.1:443", "172.18.0.1:6443"])
    func theAPIServerIsServedByItsHook(target: String) async throws {
        let cluster = try TestCluster(
            Self.text,
            apiServer: { connection in
                // A client that has gone reads nothing.
                try? await connection.output.write("api sees \(connection.peer.address) at \(connection.local)")
            })
        #expect(await cluster.ask("pod/client", target) == "api sees 10.244.1.9 at 172.18.0.1:6443")
        #expect(await cluster.ask("node/n1", target) == "api sees 192.0.2.1 at 172.18.0.1:6443")
    }

    @Test func withoutAHookTheAPIServerIsAMachine() async throws {
        let cluster = try TestCluster(Self.text)
        #expect(await cluster.ask("pod/client", "10.96.0.1:443") == "Connection refused")
        try TestCluster.answer("own", cluster.stack("api"), 6443)
        #expect(await cluster.ask("pod/client", "10.96.0.1:443") == "own sees 10.244.1.9")
    }

    @Test func healthChecksAreAnsweredByTheNodes() async throws {
        let cluster = try TestCluster(Self.text)
        for (node, status, count) in [("192.0.2.1", 200, "1"), ("192.0.2.2", 503, "0")] {
            let connection = try await cluster.stack("outside/203.0.113.9").connect(
                to: TestCluster.address("\(node):32000"), within: .seconds(1))
            let answer = try await WebClient.send(WebRequest("GET", "/healthz"), over: connection)
            connection.close()
            #expect(answer.status == status && answer.header("X-Load-Balancing-Endpoint-Weight") == count)
            let body = try JSON.parseStored(answer.body)
            #expect(body.at("service", "name")?.string == "web" && body["localEndpoints"]?.int == Int64(count))
        }
        #expect(await eventually { cluster.network.openCount == 0 })
    }

    @Test func machinesConnectWithTheirAddresses() async throws {
        let cluster = try TestCluster(Self.text)
        try TestCluster.answer("a", cluster.stack("pod/a"), 80)
        let fresh = PodNetwork(routing: cluster.routing, clock: cluster.clock, now: { Timestamp(seconds: 0) })
        try TestCluster.answer(
            "a", fresh.stack(ofPod: "a", addresses: [IPAddress("10.244.1.5")!], node: "n1"), 80)
        for (node, seen) in [("n1", "192.0.2.1"), (nil, "172.18.0.1")] {
            let connection = try await fresh.connect(
                fromNode: node, to: TestCluster.address("10.244.1.5:80"), within: .seconds(1))
            let answer = await connection.input.all(limit: 100)
            #expect(answer.map { String(decoding: $0, as: UTF8.self) } == "a sees \(seen)")
        }
        await #expect(throws: NetworkError.noRoute) {
            try await fresh.connect(fromNode: "n9", to: Self.web, within: .seconds(1))
        }
    }
}
