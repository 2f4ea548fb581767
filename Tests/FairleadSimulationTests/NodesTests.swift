import FairleadModel
import Testing

@testable import FairleadSimulation

@Suite struct NodesTests {
    @Test func nodesGetRangesZonesAndAddresses() throws {
        let nodes = SimulatedNodes(count: 4, podCIDRs: [try #require(CIDR("10.244.0.0/16"))])
        let last = nodes.node(3)
        #expect(last.name == "node-4")
        #expect(last.text("spec", "podCIDR") == "10.244.3.0/24")
        #expect(last.labels["topology.kubernetes.io/zone"] == "zone-a")
        #expect(nodes.node(1).labels["topology.kubernetes.io/zone"] == "zone-b")
        let report = NodeStatus.reported(last, addresses: nodes.addresses(3), now: Timestamp(seconds: 1_800_000_000))
        #expect(NodeView(report).internalIPs == ["172.18.0.5"])
        #expect(NodeView(report).isReady)
        let later = NodeStatus.reported(report, addresses: nodes.addresses(3), now: Timestamp(seconds: 1_800_000_500))
        #expect(!NodeStatus.isNews(later, report))
        #expect(later != report)
        #expect(SimulatedNodes(count: 300, podCIDRs: [try #require(CIDR("10.244.0.0/16"))]).podRanges(256).isEmpty)
    }

    @Test func podAddressesAreUniqueAndComeBackLast() throws {
        let pool = PodAddressPool()
        let range = try #require(CIDR("10.244.0.0/29"))
        let noted = try #require(IPAddress("10.244.0.3"))
        pool.note(noted, of: "old", in: range)
        let given = ["a", "b", "c", "d"].compactMap { pool.address(for: $0, in: range)?.description }
        #expect(given == ["10.244.0.4", "10.244.0.5", "10.244.0.6", "10.244.0.2"])
        #expect(pool.address(for: "e", in: range) == nil)
        #expect(pool.address(for: "a", in: range)?.description == "10.244.0.4", "the same pod keeps its address")
        pool.release("b")
        #expect(pool.address(for: "e", in: range)?.description == "10.244.0.5")
    }

    @Test func imagesAreNamedInFull() {
        let names = ["nginx", "nginx:1.2", "a/b:c", "registry.k8s.io/x/y:v1", "localhost/z"].map {
            PulledImage($0).canonical
        }
        #expect(
            names == [
                "docker.io/library/nginx:latest", "docker.io/library/nginx:1.2", "docker.io/a/b:c",
                "registry.k8s.io/x/y:v1",
                "localhost/z:latest",
            ])
    }

    @Test func logsAreStableAndFollowTheOptions() {
        let pod: Value = [
            "metadata": ["name": "p", "uid": "u"], "spec": ["containers": [["name": "c", "image": "nginx:1.14.2"]]],
            "status": [
                "containerStatuses": [["name": "c", "state": ["running": ["startedAt": "2027-01-15T08:00:00Z"]]]]
            ],
        ]
        let lines = PodLogs.lines(for: pod, container: "c")
        #expect(lines.contains("2027/01/15 08:00:00 [notice] 1#1: nginx/1.14.2"))
        var options = PodLogs.Options()
        options.tail = 2
        options.showsTimestamps = true
        let tail = PodLogs.lines(for: pod, container: "c", options: options)
        #expect(tail.count == 2)
        #expect(tail[0].hasPrefix("2027-01-15T08:00:00.0"))
        options.since = Timestamp(seconds: 1_900_000_000)
        #expect(PodLogs.lines(for: pod, container: "c", options: options).isEmpty)
        #expect(PodLogs.lines(for: pod, container: "other").isEmpty)
    }

    @Test func dnsServiceHasTheTenthAddress() throws {
        let cidr = try #require(CIDR("10.96.0.0/16"))
        #expect(cidr.network.advanced(by: 10).description == "10.96.0.10")
    }
}
