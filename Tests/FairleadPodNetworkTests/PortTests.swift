import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPodNetwork

/// Who may listen where, and what ends with whom.
struct PortTests {
    private static let text = """
        node n1 192.0.2.1
        node n2 192.0.2.2
        pod client 10.244.1.9 n1
        pod a 10.244.1.5,fd00:244::5 n1
        pod h1 192.0.2.2 n2 host
        pod h2 192.0.2.2 n2 host
        """

    private static func failure(_ body: () throws(NetworkError) -> Void) -> NetworkError? {
        do throws(NetworkError) { try body() } catch { return error }
        return nil
    }

    /// What a second listener gets, after one on the address before the arrow.
    @Test(arguments: [
        ("*", "*", NetworkError.addressInUse), ("*", "127.0.0.1", .addressInUse),
        ("10.244.1.5", "*", .addressInUse), ("10.244.1.5", "10.244.1.5", .addressInUse),
        ("10.244.1.5", "127.0.0.1", nil), ("10.244.1.5", "fd00:244::5", nil), ("*", "0.0.0.0", .addressInUse),
        ("127.0.0.1", "10.244.9.9", .addressNotAvailable), ("127.0.0.1", "::1", nil),
    ])
    func addressesOfOnePort(first: String, second: String, wanted: NetworkError?) throws {
        let stack = try TestCluster(Self.text).stack("pod/a")
        func listen(_ address: String, _ isDatagram: Bool) -> NetworkError? {
            Self.failure { () throws(NetworkError) in
                try TestCluster.answer("a", stack, 80, isDatagram ? .udp : .tcp, address: IPAddress(address))
            }
        }
        for isDatagram in [false, true] {
            #expect(listen(first, isDatagram) == nil)
            #expect(listen(second, isDatagram) == wanted)
        }
    }

    @Test func hostPodsShareTheirNode() async throws {
        let cluster = try TestCluster(Self.text)
        let first = try TestCluster.answer("h1", cluster.stack("pod/h1"), 8080)
        for other in ["pod/h2", "node/n2"] {
            let error = Self.failure { () throws(NetworkError) in
                try TestCluster.answer("x", cluster.stack(other), 8080)
            }
            #expect(error == .addressInUse)
        }
        #expect(await cluster.ask("node/n2", "127.0.0.1:8080") == "h1 sees 127.0.0.1")
        first.close()
        first.close()
        try TestCluster.answer("h2", cluster.stack("pod/h2"), 8080)
        #expect(await cluster.ask("pod/client", "192.0.2.2:8080") == "h2 sees 10.244.1.9")
        // What a host pod has opened ends with it, and nothing else on the node.
        try TestCluster.answer("h1", cluster.stack("pod/h1"), 9090)
        cluster.network.remove(pod: "h2")
        #expect(await cluster.ask("pod/client", "192.0.2.2:8080") == "Connection refused")
        #expect(await cluster.ask("pod/client", "192.0.2.2:9090") == "h1 sees 10.244.1.9")
    }

    @Test func whatIsBoundToAnAddressIsHeardThere() async throws {
        let cluster = try TestCluster(Self.text)
        let stack = cluster.stack("pod/a")
        try TestCluster.answer("inner", stack, 80, address: IPAddress("127.0.0.1"))
        #expect(await cluster.ask("pod/a", "127.0.0.1:80") == "inner sees 127.0.0.1")
        #expect(await cluster.ask("pod/client", "10.244.1.5:80") == "Connection refused")
        try TestCluster.answer("outer", stack, 80, address: IPAddress("10.244.1.5"))
        #expect(await cluster.ask("pod/client", "10.244.1.5:80") == "outer sees 10.244.1.9")
        #expect(await cluster.ask("pod/a", "10.244.1.5:80") == "outer sees 10.244.1.5")
        // Port forwarding goes to localhost.
        let connection = try await cluster.network.connect(insidePod: "a", port: 80)
        let answer = await connection.input.all(limit: 100)
        #expect(answer.map { String(decoding: $0, as: UTF8.self) } == "inner sees 127.0.0.1")
    }

    @Test func portForwardingTriesBothFamilies() async throws {
        let cluster = try TestCluster(Self.text)
        try TestCluster.answer("six", cluster.stack("pod/a"), 80, address: IPAddress("::1"))
        let connection = try await cluster.network.connect(insidePod: "a", port: 80)
        #expect(connection.peer == TestCluster.address("[::1]:80"))
        connection.close()
        for (pod, wanted) in [("a", NetworkError.refused), ("nobody", .noRoute)] {
            await #expect(throws: wanted) { try await cluster.network.connect(insidePod: pod, port: 81) }
        }
    }

    @Test func portZeroIsAnyFreePort() throws {
        let stack = try TestCluster(Self.text).stack("pod/a")
        let ports = try (0..<3).map { _ in try TestCluster.answer("a", stack, 0).port }
        #expect(Set(ports).count == 3 && ports.allSatisfy { (32768...60999).contains($0) })
        let sockets = try (0..<3).map { _ in try stack.bind(port: 0, address: nil) }
        #expect(Set(sockets.map(\.port)).count == 3)
    }

    @Test func sourcePortsAreTakenOnce() async throws {
        let cluster = try TestCluster(Self.text)
        try TestCluster.answer("a", cluster.stack("pod/a"), 80)
        let stack = cluster.stack("pod/client")
        let destination = TestCluster.address("10.244.1.5:80")
        func connect() async throws(NetworkError) -> Connection {
            try await stack.connect(to: destination, from: nil, sourcePort: 1234, within: .seconds(1))
        }
        let first = try await connect()
        #expect(first.local == TestCluster.address("10.244.1.9:1234") && first.peer == destination)
        await #expect(throws: NetworkError.addressInUse) { try await connect() }
        first.close()
        try await connect().close()
    }

    @Test func aPodThatIsGoneReachesNobody() async throws {
        let cluster = try TestCluster(Self.text)
        let stack = cluster.stack("pod/a")
        try TestCluster.answer("a", stack, 80)
        let socket = try stack.bind(port: 53, address: nil)
        cluster.network.remove(pod: "a")
        #expect(await cluster.ask("pod/client", "10.244.1.5:80") == "Connection refused")
        #expect(await cluster.ask("pod/a", "10.244.1.9:80") == "No route to host")
        #expect(stack.addresses.isEmpty)
        await #expect(throws: NetworkError.cancelled) { try await socket.receive(within: .seconds(1)) }
        await #expect(throws: NetworkError.cancelled) {
            try await socket.send([1], to: TestCluster.address("10.244.1.9:80"))
        }
        for isDatagram in [false, true] {
            let error = Self.failure { () throws(NetworkError) in
                try TestCluster.answer("a", stack, 80, isDatagram ? .udp : .tcp)
            }
            #expect(error == .noRoute)
        }
    }

    @Test func aContainerLeavesNoPortBehind() async throws {
        let cluster = try TestCluster(Self.text)
        func stack(_ user: String) -> any NetworkStack {
            cluster.network.stack(ofPod: "a", addresses: [IPAddress("10.244.1.5")!], node: "n1", user: user)
        }
        try TestCluster.answer("one", stack("web/1"), 80)
        try TestCluster.answer("two", stack("side/1"), 81)
        cluster.network.release(pod: "a", user: "web/1")
        #expect(await cluster.ask("pod/client", "10.244.1.5:80") == "Connection refused")
        #expect(await cluster.ask("pod/client", "10.244.1.5:81") == "two sees 10.244.1.9")
        try TestCluster.answer("again", stack("web/2"), 80)
        #expect(await cluster.ask("pod/client", "10.244.1.5:80") == "again sees 10.244.1.9")
    }

    @Test func aNamespaceHasOnlySoManyPorts() throws {
        var settings = PodNetworkSettings()
        settings.mostPorts = 3
        let stack = try TestCluster(Self.text, settings: settings).stack("pod/a")
        let open = try (0..<3).map { _ in try TestCluster.answer("a", stack, 0) }
        let error = Self.failure { () throws(NetworkError) in try TestCluster.answer("a", stack, 0) }
        #expect(error == .addressNotAvailable)
        open[0].close()
        try TestCluster.answer("a", stack, 0)
    }

    @Test func aNewPodMayHaveTheAddressOfAnOldOne() async throws {
        let cluster = try TestCluster(Self.text)
        let address = try #require(IPAddress("10.244.1.5"))
        let fresh = cluster.network.stack(ofPod: "fresh", addresses: [address], node: "n1")
        try TestCluster.answer("fresh", fresh, 80)
        cluster.network.remove(pod: "a")
        #expect(await cluster.ask("pod/client", "10.244.1.5:80") == "fresh sees 10.244.1.9")
    }
}
