import FairleadModel
import Testing

@testable import FairleadLab

struct LabPlanTests {
    private static let names = LabNames(lab: "t")

    private static func plan(_ cluster: LabCluster) -> LabPlan { LabPlan(cluster, names: names) { "/ns/" + $0 } }

    private func lines(_ namespace: String, _ cluster: LabCluster = LabObjects.cluster()) -> [String] {
        Self.plan(cluster).namespaces[namespace]?.additions(to: []).map(\.add) ?? []
    }

    @Test func everythingHasANamespaceOfItsOwn() {
        #expect(
            Self.plan(LabObjects.cluster()).namespaces.keys.sorted() == [
                "t.fabric", "t.node.node-1", "t.node.node-2", "t.outside", "t.pod.default.any", "t.pod.default.web",
            ])
    }

    @Test func aNodeRoutesToThePodsOfOthersAndToItsOwn() {
        let node = lines("t.node.node-1")
        #expect(node.contains("addr replace 172.18.0.2/32 dev eth0"))
        #expect(node.contains("route replace 10.244.1.0/24 via 172.18.0.3 dev eth0 onlink"))
        #expect(node.contains("route replace fd00:0:0:1::/64 via fc00::3 dev eth0 onlink"))
        #expect(node.contains("route replace unreachable 10.244.0.0/24"))
        let port = LabNames.nodePort(ofPod: "uid-web")
        #expect(node.contains("route replace 10.244.0.2/32 dev \(port) scope link"))
        #expect(node.contains("route replace fd00::2/128 dev \(port)"))
        // A masquerading node would use an address of the cable, if it had one.
        #expect(!node.contains { $0.hasPrefix("addr") && $0.contains(port) && !$0.contains("fe80::1") })
        #expect(node.contains { $0.hasPrefix("link add \(port) ") && $0.hasSuffix("netns /ns/t.pod.default.web") })
    }

    @Test func linksComeBeforeAddressesAndRoutesLast() throws {
        for namespace in ["t.node.node-1", "t.fabric", "t.outside", "t.pod.default.web"] {
            let all = lines(namespace)
            let ranks = all.map(Self.rank)
            #expect(ranks == ranks.sorted(), "\(namespace)")
        }
    }

    private static func rank(_ line: String) -> Int {
        if line.hasPrefix("link add") { return 0 }
        if line.hasPrefix("addr") || line.contains("addrgenmode") { return 1 }
        return line.hasPrefix("route") || line.contains(" dev pod") ? 3 : 2
    }

    @Test func nobodyOutsideHasARouteToPodsOrClusterAddresses() {
        let service = LabObjects.balanced("s", at: [["ip": "172.18.255.1"]])
        let outside = lines("t.outside", LabObjects.cluster(services: [service]))
        #expect(!outside.contains { $0.contains("10.244.") || $0.contains("10.96.") || $0.contains("0.0.0.0/0") })
        #expect(
            outside.contains(
                "route replace 172.18.255.1/32 src 198.51.100.1 nexthop via 172.18.0.2 dev eth0 onlink "
                    + "nexthop via 172.18.0.3 dev eth0 onlink"))
    }

    @Test func withoutANodePacketsGetLost() {
        let service = LabObjects.balanced("s", at: [["ip": "172.18.255.1"]], local: true)
        let outside = lines("t.outside", LabObjects.cluster(services: [service]))
        #expect(outside.contains("route replace 172.18.255.1/32 src 198.51.100.1 via 169.254.255.254 dev eth0 onlink"))
    }

    @Test func aMachineThatIsOffHasItsCableOut() {
        let node = LabObjects.node("node-1", ["172.18.0.2"], annotations: ["fairlead.dev/down": "true"])
        let cluster = LabCluster(nodes: [node], pods: [], services: [], slices: [])
        #expect(lines("t.fabric", cluster).contains("link set node-1 down"))
        #expect(lines("t.fabric").contains("link set node-1 up"))
    }

    // MARK: Changes

    @Test func nothingIsDoneTwice() throws {
        let plan = try #require(Self.plan(LabObjects.cluster()).namespaces["t.node.node-1"])
        #expect(plan.additions(to: plan.items).isEmpty && plan.removals(from: plan.items).isEmpty)
    }

    @Test func aPodThatGoesTakesItsCableWithIt() throws {
        let before = try #require(Self.plan(LabObjects.cluster()).namespaces["t.node.node-1"])
        let cluster = LabCluster(
            nodes: LabObjects.nodes, pods: [], services: [], slices: [])
        let after = try #require(Self.plan(cluster).namespaces["t.node.node-1"])
        #expect(after.removals(from: before.items) == ["link del \(LabNames.nodePort(ofPod: "uid-web"))"])
        #expect(after.additions(to: after.kept(of: before.items)).isEmpty)
    }

    @Test func aRouteIsReplacedInPlace() throws {
        let old = LabObjects.balanced("s", at: [["ip": "172.18.255.1"], ["ip": "fd99::1"]])
        let new = LabObjects.balanced("s", at: [["ip": "172.18.255.1"], ["ip": "fd99::1"]], local: true)
        let slice = LabObjects.slice(of: "s", [("10.244.1.2", "node-2", true)])
        let before = try #require(Self.plan(LabObjects.cluster(services: [old])).namespaces["t.outside"])
        let after = try #require(
            Self.plan(LabObjects.cluster(services: [new], slices: [slice])).namespaces["t.outside"])
        #expect(after.removals(from: before.items) == ["route del fd99::1/128"])
        #expect(
            after.additions(to: after.kept(of: before.items)).map(\.add) == [
                "route replace 172.18.255.1/32 src 198.51.100.1 via 172.18.0.3 dev eth0 onlink",
                "route replace fd99::1/128 src 2001:db8::1 via fc00::3 dev eth0 onlink",
            ])
    }

    @Test func linesThatFailedAreTold() {
        let output = "RTNETLINK answers: File exists\nCommand failed -:2\nError: x\nCommand failed -:5\n"
        #expect(IPBatch.failedLines(output, of: 5, status: 1) == [1, 4])
        #expect(IPBatch.failedLines("", of: 2, status: 0).isEmpty)
        #expect(IPBatch.failedLines("cannot be executed", of: 2, status: 127) == [0, 1])
    }

    // MARK: Names

    @Test func namesAreFilesAndNeverLeaveTheirFolder() {
        #expect(Self.names.pod(ObjectName(namespace: "a", name: "b.c")) == "t.pod.a.b.c")
        let long = Self.names.node(String(repeating: "n", count: 253))
        #expect(long.utf8.count <= 255 && long.hasPrefix("t.node.nnn"))
        #expect(long != Self.names.node(String(repeating: "n", count: 252)))
        #expect(!Self.names.node("../../x").contains("/"))
        #expect(LabNames.bridgePort(ofNode: "node-1") == "node-1")
        for odd in ["br0", "outside", "a b\nlink del eth0", String(repeating: "x", count: 16)] {
            let port = LabNames.bridgePort(ofNode: odd)
            #expect(port.utf8.count <= 15 && port != odd && !port.contains(" "))
        }
        #expect(LabNames.nodePort(ofPod: "x").utf8.count <= 15)
        #expect(LabNames.hardwareAddress(ofPod: "x").split(separator: ":").count == 6)
    }

    // MARK: Listeners

    @Test func podsListenOnWhatTheyDeclareWhileTheyRun() {
        let all = LabPlan.listeners(LabObjects.cluster(), names: Self.names, apiPort: 8080, servesDNS: true)
        let web = all.filter { $0.namespace == "t.pod.default.web" }
        #expect(Set(web.map { "\($0.address) \($0.port) \($0.transport)" }) == [":: 80 tcp", ":: 53 udp"])
        let any = all.filter { $0.namespace == "t.pod.default.any" }
        #expect(any.count == 2 && any.allSatisfy { $0.address == "0.0.0.0" && $0.port == LabPlan.allPorts })
        #expect(all.count { $0.purpose == .apiServer(isLocal: true) } == 2)
        let pending = LabObjects.pod("p", on: "node-1", ["10.244.0.9"], ports: [LabObjects.port(80)], phase: "Pending")
        let none = LabPlan.listeners(
            LabCluster(nodes: LabObjects.nodes, pods: [pending], services: [], slices: []), names: Self.names,
            apiPort: 8080, servesDNS: true)
        #expect(none.allSatisfy { $0.purpose == .apiServer(isLocal: true) })
    }

    @Test func podsOfTheDNSAnswerQuestions() {
        let pod = LabObjects.pod(
            "dns", on: "node-1", ["10.244.0.9"], ports: [LabObjects.port(53, "UDP"), LabObjects.port(9153)],
            namespace: "kube-system", labels: ["k8s-app": "kube-dns"])
        let cluster = LabCluster(nodes: LabObjects.nodes, pods: [pod], services: [], slices: [])
        func purposes(_ servesDNS: Bool) -> [Bool] {
            LabPlan.listeners(cluster, names: Self.names, apiPort: 1, servesDNS: servesDNS)
                .filter { $0.port == 53 }.map { $0.purpose == .clusterDNS }
        }
        #expect(purposes(true) == [true] && purposes(false) == [false])
    }

    @Test func podsInTheHostNetworkListenOnTheirNodesAddresses() {
        let pod = LabObjects.pod("h", on: "node-1", ["172.18.0.2"], ports: [LabObjects.port(9100)], host: true)
        let cluster = LabCluster(nodes: LabObjects.nodes, pods: [pod], services: [], slices: [])
        let all = LabPlan.listeners(cluster, names: Self.names, apiPort: 1, servesDNS: true).filter { $0.port == 9100 }
        #expect(
            Set(all.map(\.address)) == ["172.18.0.2", "fc00::2"] && all.allSatisfy { $0.namespace == "t.node.node-1" })
        #expect(Self.plan(cluster).namespaces["t.pod.default.h"] == nil)
    }
}
