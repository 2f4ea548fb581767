import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPodNetwork

/// Whatever comes and goes in whatever order, the counts are right, and at the end nothing is left.
struct RandomLifeTests {
    private static let text = """
        node n1 192.0.2.1
        pod p0 10.244.1.1 n1
        pod p1 10.244.1.2 n1
        pod p2 10.244.1.3 n1
        pod h 192.0.2.1 n1 host
        service web 10.96.0.10 port=80 port=dns:53/UDP
        slice web ports=80,dns:53/UDP
        endpoint 10.244.1.1 node=n1 pod=p0
        endpoint 10.244.1.2 node=n1 pod=p1
        endpoint 192.0.2.1 node=n1 pod=h
        """

    @Test(arguments: 0..<20 as Range<UInt64>)
    func nothingIsLeft(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let cluster = try TestCluster(Self.text, seed: seed)
        let network = cluster.network
        let addresses = (1...3).map { IPAddress("10.244.1.\($0)")! }
        let ownNode = IPAddress("192.0.2.1")!
        func stack(_ number: Int) -> any NetworkStack {
            number == 3
                ? network.stack(ofHostPod: "h", node: "n1", addresses: [ownNode], user: "u")
                : network.stack(ofPod: "p\(number)", addresses: [addresses[number]], node: "n1", user: "u")
        }
        let web = TestCluster.address("10.96.0.10:80")
        let dns = TestCluster.address("10.96.0.10:53")
        var connections: [Connection] = []
        var ports: [any Listening] = []
        var sockets: [any DatagramSocket] = []
        for _ in 0..<400 {
            let number = Int.random(in: 0..<4, using: &random)
            // Refusals are part of it: what counts is what is left.
            do {
                switch Int.random(in: 0..<12, using: &random) {
                case 0, 1:
                    ports.append(
                        try stack(number).listen(on: 80, address: nil) { connection in
                            while await connection.input.read(upTo: 10) != nil {}
                        })
                case 2: ports.append(try stack(number).answerDatagrams(on: 53, address: nil) { bytes, _ in bytes })
                case 3, 4, 5:
                    connections.append(try await stack(number).connect(to: web, within: .zero))
                case 6:
                    sockets.append(try stack(number).bind(port: 0, address: nil))
                    try await sockets[sockets.count - 1].send([1], to: dns)
                case 7: if !ports.isEmpty { ports.remove(at: ports.indices.randomElement(using: &random)!).close() }
                case 8:
                    if !connections.isEmpty {
                        connections.remove(at: connections.indices.randomElement(using: &random)!).close()
                    }
                case 9: network.release(pod: number == 3 ? "h" : "p\(number)", user: "u")
                case 10: network.remove(pod: number == 3 ? "h" : "p\(number)")
                default: cluster.clock.advance(by: .seconds(50))
                }
            } catch {}
            let (counted, open) = network.state.withLock { state in
                (state.namespaces.values.reduce(0) { $0 + $1.ends.count }, state.endCount)
            }
            // Tasks of listeners close ends at any time, but both under one lock.
            #expect(counted == open)
        }
        connections = []
        for pod in ["p0", "p1", "p2", "h"] { network.remove(pod: pod) }
        #expect(await eventually { network.state.withLock { $0.endCount } == 0 })
        network.stop()
        #expect(network.openCount == 0)
        network.state.withLock { state in
            #expect(state.namespaces.isEmpty && state.connections.count == 0)
            #expect((addresses + [ownNode]).allSatisfy { state.namespace(at: $0) == nil })
        }
        await #expect(throws: NetworkError.self) { try await stack(0).connect(to: web, within: .zero) }
    }
}
