import FairleadModel
import Testing

@testable import FairleadRouting

/// Packets from sources that are no objects of the cluster, and what is forgotten when connections end.
struct RoutingOriginTests {
    private static let text = """
        node n1 192.0.2.1
        node n2 192.0.2.2
        pod default/a 10.244.1.5 n1
        service default/web 10.96.0.10 port=80@30080
        slice default/web web-1 ports=8080
        endpoint 10.244.1.5 node=n1 pod=default/a ready
        service default/local 10.96.0.11 port=80 itp=Local
        slice default/local local-1 ports=8080
        endpoint 10.244.1.5 node=n1 pod=default/a ready
        endpoint 198.51.100.7 ready
        service default/sticky 10.96.0.12 port=80 port=dns:53/UDP affinity=100
        slice default/sticky sticky-1 ports=8080,dns:53/UDP
        endpoint 10.244.1.5 node=n1 pod=default/a ready
        """

    private let table: RoutingTable
    private var connections = ConnectionTable()
    private var generator = SplitMix64(seed: 1)

    init() throws {
        var text = ClusterText()
        for line in Self.text.split(separator: "\n") { try text.read(String(line)) }
        table = text.table
    }

    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private mutating func send(
        from origin: RoutingOrigin, to address: String, _ port: Int, _ transport: Transport = .tcp, at now: Int64 = 0,
        sourcePort: Int = 40000
    ) throws -> Decision {
        table.route(
            from: origin, to: Socket(try Self.address(address), port, transport), sourcePort: sourcePort, &connections,
            at: now, using: &generator)
    }

    @Test mutating func aPodWithoutAStatusIsRoutedLikeOneWith() throws {
        let pod = RoutingOrigin(address: try Self.address("10.244.2.9"), node: "n2", isNode: false)
        let decision = try send(from: pod, to: "10.96.0.10", 80)
        #expect(decision.outcome == .delivered(Socket(try Self.address("10.244.1.5"), 8080, .tcp)))
        #expect(decision.sourceSeen == pod.address && decision.node == "n2")
        let own = RoutingOrigin(address: try Self.address("10.244.1.5"), node: "n1", isNode: false)
        #expect(try send(from: own, to: "10.96.0.10", 80).masquerade == .hairpin)
    }

    @Test mutating func aMachineTranslatesWithItsOwnAddress() throws {
        let machine = RoutingOrigin.machine(try Self.address("192.0.2.99"))
        let decision = try send(from: machine, to: "10.96.0.10", 80)
        #expect(decision.masquerade == .sourceIsNoPod && decision.sourceSeen == machine.address)
        // On a node port the node's.
        #expect(try send(from: machine, to: "192.0.2.2", 30080).sourceSeen == Self.address("192.0.2.2"))
        // No endpoint is local, not even one that names no node.
        #expect(try send(from: machine, to: "10.96.0.11", 80).outcome == .dropped(.noLocalEndpoints))
    }

    @Test mutating func connectionsThatHaveEndedAreForgotten() throws {
        let pod = RoutingOrigin(address: try Self.address("10.244.2.9"), node: "n2", isNode: false)
        let first = try send(from: pod, to: "10.96.0.12", 53, .udp)
        #expect(try send(from: pod, to: "10.96.0.12", 53, .udp, at: 1).isEstablished)
        #expect(connections.count == 2)
        connections.end(try #require(first.flow))
        #expect(connections.count == 1)
        // The affinity is that of the client, and has its own time.
        #expect(try send(from: pod, to: "10.96.0.12", 53, .udp, at: 2).affinity == .kept)
        connections.end(try #require(first.flow))
        connections.forgetStays(endedBy: 101)
        #expect(connections.count == 1)
        connections.forgetStays(endedBy: 102)
        #expect(connections.count == 0)
    }
}
