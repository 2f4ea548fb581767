import FairleadModel
import Testing

@testable import FairleadLab

struct LabClusterTests {
    @Test func internalAddressesComeBeforeExternalOnes() {
        let node = LabNode(LabObjects.node("a", ["10.0.0.1", "fc00::1"], external: ["203.0.113.1"]))
        #expect(node.addresses.map(\.description) == ["10.0.0.1", "fc00::1", "203.0.113.1"])
        #expect(node.address(isIPv4: true)?.description == "10.0.0.1")
    }

    @Test func podsWithoutAPlaceInTheNetworkAreLeftOut() {
        #expect(LabPod(LabObjects.pod("a", on: "n", [])) == nil)
        #expect(LabPod(LabObjects.pod("a", on: "", ["10.0.0.1"])) == nil)
        #expect(LabPod(LabObjects.pod("a", on: "n", ["10.0.0.1"], phase: "Succeeded")) == nil)
        #expect(LabPod(LabObjects.pod("a", on: "n", ["10.0.0.1"], phase: "Pending"))?.isRunning == false)
        let cluster = LabCluster(
            nodes: [LabObjects.node("n", [])], pods: [LabObjects.pod("a", on: "n", ["10.0.0.1"])], services: [],
            slices: [])
        #expect(cluster.nodes.isEmpty && cluster.pods.isEmpty)
    }

    @Test func portsAreTakenOnceAndOnlyIfTheyCanBeServed() throws {
        let ports = [
            LabObjects.port(80), LabObjects.port(80, name: "again"), LabObjects.port(80, "UDP"),
            LabObjects.port(99, "SCTP"), LabObjects.port(70_000), LabObjects.port(-1),
        ]
        let pod = try #require(LabPod(LabObjects.pod("a", on: "n", ["10.0.0.1"], ports: ports)))
        #expect(pod.ports.map(\.number) == [80, 80] && Set(pod.ports.map(\.transport)) == [.tcp, .udp])
        #expect(!pod.listensOnAllPorts)
        #expect(try #require(LabPod(LabObjects.pod("a", on: "n", ["10.0.0.1"]))).listensOnAllPorts)
        #expect(!(try #require(LabPod(LabObjects.pod("a", on: "n", ["10.0.0.1"], host: true)))).listensOnAllPorts)
    }

    @Test func largeClustersAreCut() {
        var limits = LabLimits()
        limits.nodes = 1
        let cluster = LabObjects.cluster(limits: limits)
        #expect(cluster.nodes.map(\.name) == ["node-1"] && cluster.omittedNodes == 1)
        // The pod of the other node has no place, and is not one too many.
        #expect(cluster.pods.map(\.name.name) == ["web"] && cluster.omittedPods == 0)
    }

    @Test(arguments: [
        (["10.244.0.0/24", "10.244.3.0/24"], "10.244.0.0/16"), (["10.0.0.0/24", "10.1.0.0/24"], "10.0.0.0/15"),
        (["fd00:10:244::/64", "fd00:10:244:2::/64"], "fd00:10:244::/56"), (["10.0.0.0/8"], "10.0.0.0/8"),
    ])
    func theRangeOfAllPodsCoversThoseOfTheNodes(ranges: [String], cover: String) {
        let nodes = ranges.enumerated().map {
            LabObjects.node("n\($0.offset)", ["10.0.0.\($0.offset)"], pods: [$0.element])
        }
        let cluster = LabCluster(nodes: nodes, pods: [], services: [], slices: [])
        #expect(cluster.podRanges.map(\.description) == [cover])
    }

    // MARK: Ways in

    private let address = IPAddress("172.18.255.1")!

    @Test func aBalancerAsksReadyNodesThatItIsNotToldToLeaveOut() {
        let service = LabObjects.balanced("s", at: [["ip": "172.18.255.1"]])
        let cluster = LabCluster(
            nodes: [
                LabObjects.node("a", ["10.0.0.1"]), LabObjects.node("b", ["10.0.0.2"], ready: false),
                LabObjects.node(
                    "c", ["10.0.0.3"], labels: ["node.kubernetes.io/exclude-from-external-load-balancers": ""]),
            ], pods: [], services: [service], slices: [])
        #expect(cluster.entrances == [address: .nodes(["a"])])
    }

    @Test func withLocalOnlyNodesWithReadyEndpointsAreAsked() {
        let service = LabObjects.balanced("s", at: [["ip": "172.18.255.1"]], local: true)
        let slice = LabObjects.slice(of: "s", [("10.244.0.2", "node-1", false), ("10.244.1.2", "node-2", true)])
        #expect(LabObjects.cluster(services: [service], slices: [slice]).entrances == [address: .nodes(["node-2"])])
        #expect(LabObjects.cluster(services: [service]).entrances == [address: .nodes([])])
    }

    @Test func externalAddressesHaveNoHealthCheck() {
        let service = LabObjects.balanced("s", at: [], local: true, externalIPs: ["203.0.113.9", "172.18.0.2"])
        let cluster = LabObjects.cluster(services: [service])
        // The address of a node stays the node's.
        #expect(cluster.entrances == [IPAddress("203.0.113.9")!: .nodes(["node-1", "node-2"])])
    }

    @Test func aProxyingBalancerLeadsToTheNodePort() throws {
        let service = LabObjects.balanced("s", at: [["ip": "172.18.255.1", "ipMode": "Proxy"]], nodePort: 30_123)
        let cluster = LabObjects.cluster(services: [service])
        #expect(cluster.entrances == [address: .balancer])
        let target = try #require(cluster.balancers[BalancerPort(address: address, port: 80)])
        #expect(target.nodePort == 30_123 && target.addresses.map(\.description) == ["172.18.0.2", "172.18.0.3"])
    }

    @Test func servicesThatShareAnAddressShareTheirNodes() {
        let first = LabObjects.balanced("a", at: [["ip": "172.18.255.1"]])
        let second = LabObjects.balanced("b", at: [["ip": "172.18.255.1"]], local: true)
        let slice = LabObjects.slice(of: "b", [("10.244.1.2", "node-2", true)])
        let both = LabObjects.cluster(services: [second, first], slices: [slice])
        #expect(both.entrances == [address: .nodes(["node-2"])])
        let none = LabObjects.cluster(services: [first, second])
        #expect(none.entrances == [address: .nodes(["node-1", "node-2"])])
    }

    @Test func theServersAddressIsOneOfTheLabsUnlessItIsANodes() {
        let slice = LabObjects.slice(of: "kubernetes", [("172.18.0.1", "", true)], port: 6443)
        #expect(LabObjects.cluster(slices: [slice]).serverEndpoints.map(\.port) == [6443])
        let node = LabObjects.slice(of: "kubernetes", [("172.18.0.2", "", true), ("127.0.0.1", "", true)])
        #expect(LabObjects.cluster(slices: [node]).serverEndpoints.isEmpty)
    }
}
