import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPodNetwork

/// UDP: answers find back, silence and refusals reach the sender, and conversations follow their Service.
struct DatagramTests {
    private static let text = """
        node n1 192.0.2.1
        node n2 192.0.2.2
        pod client 10.244.1.9 n1
        pod other 10.244.1.8 n1
        pod h 192.0.2.1 n1 host
        pod a 10.244.1.5 n1 listens=53/UDP
        pod b 10.244.2.5 n2 listens=53/UDP
        service dns 10.96.0.10 port=53/UDP@30053
        slice dns ports=53/UDP
        endpoint 10.244.1.5 node=n1 pod=a
        endpoint 10.244.2.5 node=n2 pod=b
        service raw 10.96.0.11 port=9/UDP
        slice raw ports=9/UDP
        endpoint 10.244.2.5 node=n2 pod=b
        """
    private static let dns = TestCluster.address("10.96.0.10:53")

    private static func text(_ received: (bytes: [UInt8], from: NetworkAddress)) -> String {
        "\(String(decoding: received.bytes, as: UTF8.self)) from \(received.from)"
    }

    /// Sends from a socket, and gives the first word of the answer: who has answered.
    private static func who(_ socket: any DatagramSocket) async throws -> String {
        try await socket.send([1], to: dns)
        return String(decoding: try await socket.receive(within: .seconds(1)).bytes.prefix(1), as: UTF8.self)
    }

    @Test func aConversationStaysWithItsEndpointAndMovesOnWhenThatHasGone() async throws {
        let cluster = try TestCluster(Self.text)
        let socket = try cluster.stack("pod/client").bind(port: 5353, address: nil)
        let first = try await Self.who(socket)
        for _ in 0..<20 { #expect(try await Self.who(socket) == first) }
        // Terminating, it still serves.
        cluster.routing.suppose("pod/default/\(first)=Terminating")
        #expect(try await Self.who(socket) == first)
        cluster.routing.suppose("pod/default/\(first)=Gone")
        cluster.network.remove(pod: first)
        for _ in 0..<20 { #expect(try await Self.who(socket) == (first == "a" ? "b" : "a")) }
        #expect(cluster.network.openCount == 1)
    }

    @Test func aNewSocketOnTheSamePortGoesOnWithTheConversation() async throws {
        let cluster = try TestCluster(Self.text)
        let stack = cluster.stack("pod/client")
        var found: Set<String> = []
        for _ in 0..<20 {
            let socket = try stack.bind(port: 5353, address: nil)
            found.insert(try await Self.who(socket))
            socket.close()
        }
        #expect(found.count == 1)
        // Until it has been silent for as long as nodes remember.
        cluster.clock.advance(by: .seconds(121))
        cluster.network.state.withLock { $0.tracking.sweep(at: cluster.clock.now, &$0.connections) }
        #expect(cluster.network.openCount == 0)
        #expect(cluster.network.state.withLock { $0.connections.count } == 0)
        for _ in 0..<20 {
            let socket = try stack.bind(port: 0, address: nil)
            found.insert(try await Self.who(socket))
        }
        #expect(found == ["a", "b"])
    }

    /// Two clients that a node hides behind its address have the same port; each gets its own answer.
    @Test func hiddenClientsAreToldApart() async throws {
        let cluster = try TestCluster(Self.text)
        let server = try cluster.stack("pod/b").bind(port: 9, address: nil)
        let target = TestCluster.address("10.96.0.11:9")
        let node = TestCluster.address("192.0.2.2:30009")
        cluster.routing.change { table in
            table.set(
                ServiceView([
                    "metadata": ["namespace": "default", "name": "raw"],
                    "spec": [
                        "type": "NodePort", "clusterIP": "10.96.0.11", "clusterIPs": ["10.96.0.11"],
                        "ports": [["port": 9, "protocol": "UDP", "nodePort": 30009]],
                    ],
                ]))
        }
        let one = try cluster.stack("pod/client").bind(port: 7777, address: nil)
        let two = try cluster.stack("pod/other").bind(port: 7777, address: nil)
        var seen: [NetworkAddress] = []
        for (socket, word) in [(one, "one"), (two, "two")] {
            try await socket.send(Array(word.utf8), to: node)
            let got = try await server.receive(within: .seconds(1))
            #expect(String(decoding: got.bytes, as: UTF8.self) == word && got.from.address == IPAddress("192.0.2.2"))
            seen.append(got.from)
        }
        #expect(seen[0] != seen[1])
        for (index, word) in ["for one", "for two"].enumerated() {
            try await server.send(Array(word.utf8), to: seen[index])
        }
        #expect(try await Self.text(one.receive(within: .seconds(1))) == "for one from \(node)")
        #expect(try await Self.text(two.receive(within: .seconds(1))) == "for two from \(node)")
        // Through the cluster IP nothing is hidden.
        try await one.send([1], to: target)
        #expect(try await server.receive(within: .seconds(1)).from == TestCluster.address("10.244.1.9:7777"))
        try await server.send(Array("back".utf8), to: TestCluster.address("10.244.1.9:7777"))
        #expect(try await Self.text(one.receive(within: .seconds(1))) == "back from \(target)")
    }

    @Test func aRefusalIsToldOnce() async throws {
        let cluster = try TestCluster(Self.text)
        let socket = try cluster.stack("pod/client").bind(port: 0, address: nil)
        let nobody = TestCluster.address("10.244.1.5:81")
        try await socket.send([1], to: nobody)
        await #expect(throws: NetworkError.refused) { try await socket.receive(within: .seconds(1)) }
        try await socket.send([1], to: nobody)
        await #expect(throws: NetworkError.refused) { try await socket.send([1], to: nobody) }
        try await socket.send([1], to: Self.dns)
        #expect(try await socket.receive(within: .seconds(1)).from == Self.dns)
        await #expect(throws: NetworkError.noRoute) {
            try await socket.send([1], to: TestCluster.address("10.244.77.77:81"))
        }
    }

    @Test func receivingWaitsForItsTime() async throws {
        let cluster = try TestCluster(Self.text)
        let socket = try cluster.stack("pod/client").bind(port: 0, address: nil)
        async let error = #expect(throws: NetworkError.self) { try await socket.receive(within: .seconds(5)) }
        await cluster.clock.waitForSleeper()
        cluster.clock.advance(by: .seconds(5))
        #expect(await error == .timedOut)
        async let word = socket.receive(within: .seconds(5))
        await cluster.clock.waitForSleeper()
        try await cluster.stack("pod/a").bind(port: 0, address: nil)
            .send([7], to: NetworkAddress(try #require(IPAddress("10.244.1.9")), socket.port))
        #expect(try await word.bytes == [7])
    }

    @Test func whatNobodyReadsIsLost() async throws {
        let cluster = try TestCluster(Self.text)
        let reader = try cluster.stack("pod/client").bind(port: 99, address: nil)
        let writer = try cluster.stack("pod/a").bind(port: 0, address: nil)
        let target = TestCluster.address("10.244.1.9:99")
        for number in 0..<1000 { try await writer.send([UInt8(truncatingIfNeeded: number)], to: target) }
        for number in 0..<DatagramQueue.mostDatagrams {
            #expect(try await reader.receive(within: .zero).bytes == [UInt8(truncatingIfNeeded: number)])
        }
        await #expect(throws: NetworkError.timedOut) { try await reader.receive(within: .zero) }
        // By size, too; and what is larger than a packet never arrives.
        let large = [UInt8](repeating: 1, count: PodNetwork.mostBytes)
        for _ in 0..<100 { try await writer.send(large, to: target) }
        try await writer.send(large + [1], to: target)
        var count = 0
        do { while true { count += try await reader.receive(within: .zero).bytes.count } } catch {}
        #expect(count <= DatagramQueue.capacity && count > DatagramQueue.capacity - PodNetwork.mostBytes)
    }

    @Test(arguments: [(10, 100), (100, 10)])
    func theTableOfConversationsIsBounded(overall: Int, ofOne: Int) async throws {
        var settings = PodNetworkSettings()
        settings.mostTracked = overall
        settings.mostTrackedOfOne = ofOne
        let cluster = try TestCluster(Self.text, settings: settings)
        let stack = cluster.stack("pod/client")
        let sockets = try (0..<11).map { _ in try stack.bind(port: 0, address: nil) }
        for socket in sockets.prefix(10) { _ = try await Self.who(socket) }
        try await sockets[10].send([1], to: Self.dns)
        await #expect(throws: NetworkError.timedOut) { try await sockets[10].receive(within: .zero) }
        #expect(cluster.network.openCount == 10)
        // Old ones make room.
        cluster.clock.advance(by: .seconds(121))
        _ = try await Self.who(sockets[10])
        #expect(cluster.network.openCount == 1)
        cluster.network.remove(pod: "client")
        #expect(cluster.network.openCount == 0)
        #expect(cluster.network.state.withLock { $0.connections.count } == 0)
    }

    @Test func aBalancerSendsAConversationOneWay() async throws {
        let cluster = try TestCluster(Self.text.replacing("30053", with: "30053 vip=203.0.113.1"))
        let vip = TestCluster.address("203.0.113.1:53")
        let stack = cluster.stack("outside/198.51.100.9")
        var all: Set<String> = []
        for _ in 0..<30 {
            let socket = try stack.bind(port: 0, address: nil)
            var found: Set<String> = []
            for _ in 0..<10 {
                try await socket.send([1], to: vip)
                found.insert(try await Self.text(socket.receive(within: .seconds(1))))
            }
            #expect(found.count == 1)
            all.formUnion(found)
        }
        // Two endpoints, each behind two nodes.
        #expect(all.count == 4)
    }

    @Test func affinityHoldsForDatagrams() async throws {
        let cluster = try TestCluster(Self.text.replacing("30053", with: "30053 affinity=100"))
        var found: Set<String> = []
        for _ in 0..<20 {
            found.insert(try await Self.who(try cluster.stack("pod/client").bind(port: 0, address: nil)))
        }
        #expect(found.count == 1)
    }
}
