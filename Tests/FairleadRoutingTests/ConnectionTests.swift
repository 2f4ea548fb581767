import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadRouting

/// What nodes remember between packets: session affinity and connections.
struct ConnectionTests {
    private static let text = """
        node n1 192.0.2.1
        node n2 192.0.2.2
        pod default/client 10.244.1.9 n1
        pod default/a 10.244.1.5 n1
        pod default/b 10.244.2.5 n2
        pod default/c 10.244.2.6 n2
        service default/web 10.96.0.10 port=80@30080 port=dns:53/UDP affinity=100
        slice default/web web-1 ports=8080,dns:5353/UDP
        endpoint 10.244.1.5 node=n1 pod=default/a ready
        endpoint 10.244.2.5 node=n2 pod=default/b ready
        endpoint 10.244.2.6 node=n2 pod=default/c ready
        service default/plain 10.96.0.11 port=80 port=dns:53/UDP
        slice default/plain plain-1 ports=8080,dns:5353/UDP
        endpoint 10.244.1.5 node=n1 pod=default/a ready
        endpoint 10.244.2.5 node=n2 pod=default/b ready
        """

    private var table: RoutingTable
    private var connections = ConnectionTable()
    private var generator = SplitMix64(seed: 7)
    private var nextPort = 40000

    init() throws {
        var text = ClusterText()
        for line in Self.text.split(separator: "\n") { try text.read(String(line)) }
        table = text.table
    }

    /// Sends the first packet of a new connection, or another one of an old one.
    private mutating func send(_ line: String, at now: Int64, from port: Int? = nil) throws -> Decision {
        var packet = try RoutingCase.packet(line)
        nextPort += 1
        packet.sourcePort = port ?? nextPort
        return table.route(packet, &connections, at: now, using: &generator)
    }

    private mutating func suppose(_ text: String) throws { table.suppose(try #require(Hypothesis(text))) }

    @Test mutating func aClientStaysUntilItsTimeHasPassedWithoutAConnection() throws {
        let first = try send("pod/default/client > 10.96.0.10:80", at: 0)
        #expect(first.affinity == .begun)
        for second in stride(from: 99, through: 990, by: 99) as StrideThrough<Int64> {
            let next = try send("pod/default/client > 10.96.0.10:80", at: second)
            #expect(next.affinity == .kept && next.chosen == first.chosen)
        }
        #expect(try send("pod/default/client > 10.96.0.10:80", at: 1090).affinity == .begun)
    }

    @Test mutating func affinityIsPerClientPerPortAndPerNode() throws {
        _ = try send("pod/default/client > 10.96.0.10:80", at: 0)
        #expect(try send("pod/default/a > 10.96.0.10:80", at: 1).affinity == .begun)
        #expect(try send("pod/default/client > 10.96.0.10:53/UDP", at: 1).affinity == .begun)
        // Whichever address of the Service is used.
        #expect(try send("pod/default/client > 192.0.2.1:30080", at: 1).affinity == .kept)
        #expect(try send("pod/default/client > 192.0.2.2:30080", at: 1).affinity == .begun)
        #expect(try send("pod/default/client > 10.96.0.11:80", at: 1).affinity == .none)
    }

    @Test mutating func anEndpointThatIsNotReadyKeepsNobody() throws {
        let first = try send("pod/default/client > 10.96.0.10:80", at: 0)
        let pod = try #require(first.chosen?.pod)
        try suppose("pod/\(pod)=NotReady")
        let second = try send("pod/default/client > 10.96.0.10:80", at: 1)
        #expect(second.affinity == .begun && second.chosen?.pod != pod)
    }

    @Test mutating func aTCPConnectionStaysWithAPodThatTurnsUnready() throws {
        let line = "pod/default/client > 10.96.0.11:80"
        let first = try send(line, at: 0, from: 1)
        let pod = try #require(first.chosen?.pod)
        try suppose("pod/\(pod)=NotReady")
        let later = try send(line, at: 5, from: 1)
        #expect(later.isEstablished && later.outcome == first.outcome)
        #expect(try send(line, at: 5, from: 2).chosen?.pod != pod)
    }

    @Test mutating func aTCPConnectionToAPodThatHasGoneIsLost() throws {
        let line = "pod/default/client > 10.96.0.11:80"
        let pod = try #require(try send(line, at: 0, from: 1).chosen?.pod)
        try suppose("pod/\(pod)=Gone")
        #expect(try send(line, at: 5, from: 1).outcome == .unreachable(.podGone))
    }

    @Test(arguments: ["NotReady", "Gone"])
    mutating func udpMovesOnWhenItsEndpointDoesNotServe(change: String) throws {
        let line = "pod/default/client > 10.96.0.11:53/UDP"
        let first = try send(line, at: 0, from: 1)
        let chosen = try #require(first.chosen)
        let pod = try #require(chosen.pod)
        #expect(try send(line, at: 1, from: 1).isEstablished)
        try suppose("pod/\(pod)=\(change)")
        let later = try send(line, at: 2, from: 1)
        #expect(!later.isEstablished && later.chosen?.pod != pod)
        #expect(later.flushed == Socket(chosen.address, chosen.port, .udp))
    }

    @Test mutating func udpStaysWithAPodThatTerminatesAndServes() throws {
        let line = "pod/default/client > 10.96.0.11:53/UDP"
        let pod = try #require(try send(line, at: 0, from: 1).chosen?.pod)
        try suppose("pod/\(pod)=Terminating")
        #expect(try send(line, at: 2, from: 1).isEstablished)
    }

    @Test mutating func aNodeThatIsDownTakesItsPodsAlong() throws {
        try suppose("node/n2=Down")
        for _ in 0..<20 {
            #expect(try send("pod/default/client > 10.96.0.11:80", at: 0).chosen?.nodeName == "n1")
        }
    }

    @Test(arguments: [
        "", "pod", "pod/a=Ready", "pod/a/b", "pod/a/b=Down", "pod//b=Ready", "node/n=Gone", "node/n/x=Down",
        "x/y=Ready",
        "pod/a/b=Ready=Ready", "pod/a/b/c=Ready",
    ])
    func textsThatAreNoHypothesisAreRefused(text: String) { #expect(Hypothesis(text) == nil) }

    @Test mutating func aReportTellsTheWholeWay() throws {
        let report = RouteReport(try send("outside/203.0.113.9 > 192.0.2.1:30080", at: 0))
        let chosen = try #require(report.decision.chosen).text
        let rules = ["Start", "NodePort", "ExternalTrafficPolicy", "ChooseEndpoint", "Translate", "Delivered"]
        #expect(report.steps.map(\.rule) == rules)
        let third: Double = 1.0 / 3
        #expect(report.candidates.map(\.share) == [third, third, third])
        let there = "Destination 192.0.2.1:30080 becomes \(chosen); source 203.0.113.9 becomes 192.0.2.1"
        #expect(report.text.contains(there))
        let back = "Node n1 turns the source \(chosen) back into 192.0.2.1:30080"
        #expect(report.back.last == back + " and the destination 192.0.2.1 into 203.0.113.9.")
        #expect(report.json["outcome"]?.string == "Delivered")
        #expect(report.json["sourceSeen"]?.string == "192.0.2.1")
        #expect(report.svg.contains("stroke=\"#1a7f37\""))
    }
}
