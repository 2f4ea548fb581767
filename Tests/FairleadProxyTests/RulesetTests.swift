import FairleadModel
import FairleadRouting
import Testing

@testable import FairleadProxy

/// The commands for some small changes, word for word.
struct RulesetTests {
    private static let settings = RoutingSettings(
        clusterCIDRs: [CIDR("10.244.0.0/16")!], serviceCIDRs: [CIDR("10.96.0.0/16")!])

    private var table = RoutingTable(settings)
    private var rules = Ruleset(
        node: "n1",
        skeleton: Skeleton(
            clusterCIDRs: settings.clusterCIDRs, serviceCIDRs: settings.serviceCIDRs,
            nodeAddresses: [IPAddress("192.0.2.1")!]))
    private let web = ObjectName(namespace: "default", name: "web")

    init() {
        table.set(
            NodeView([
                "metadata": ["name": "n1"],
                "status": ["addresses": [["type": "InternalIP", "address": "192.0.2.1"]]],
            ]))
    }

    private mutating func set(_ spec: Value, status: Value = [:]) {
        table.set(ServiceView(["metadata": ["namespace": "default", "name": "web"], "spec": spec, "status": status]))
    }

    private mutating func setEndpoints(_ addresses: [String], ready: Set<String>? = nil) {
        let endpoints: [Value] = addresses.map { address in
            [
                "addresses": [.string(address)], "nodeName": address.hasPrefix("10.244.1.") ? "n1" : "n2",
                "conditions": ["ready": .bool(ready?.contains(address) ?? true)],
            ]
        }
        table.set(
            EndpointSliceView([
                "metadata": [
                    "namespace": "default", "name": "web-1", "labels": ["kubernetes.io/service-name": "web"],
                ],
                "addressType": "IPv4", "ports": [["name": "", "port": 8080]], "endpoints": .array(endpoints),
            ]))
    }

    private mutating func update() -> [String] { rules.update([web], from: table).commands }

    private static let clusterIP: Value = ["clusterIP": "10.96.0.10", "ports": [["port": 80]]]

    @Test mutating func aNewServiceIsAChainAndElements() {
        set(Self.clusterIP)
        setEndpoints(["10.244.1.5", "10.244.2.5"])
        #expect(
            update() == [
                "add chain inet fairlead to4-tcp-2-m2-m2",
                "add rule inet fairlead to4-tcp-2-m2-m2 ip saddr @pods4 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp4",
                "add rule inet fairlead to4-tcp-2-m2-m2 meta mark set meta mark or 0x4000 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp4",
                "add element inet fairlead cluster-ips4 { 10.96.0.10 }",
                "add element inet fairlead endpoints-tcp4 { 10.96.0.10 . 80 . 0 : 10.244.1.5 . 8080, 10.96.0.10 . 80 . 1 : 10.244.2.5 . 8080 }",
                "add element inet fairlead hairpins4 { 10.244.1.5 . 10.244.1.5 }",
                "add element inet fairlead services4 { 10.96.0.10 . tcp . 80 : goto to4-tcp-2-m2-m2 }",
            ])
    }

    @Test mutating func aServiceOfASizeThatIsKnownNeedsNoChain() {
        set(Self.clusterIP)
        setEndpoints(["10.244.2.5"])
        _ = update()
        table.set(
            ServiceView([
                "metadata": ["namespace": "default", "name": "other"],
                "spec": ["clusterIP": "10.96.0.11", "ports": [["port": 80]]],
            ]))
        table.set(
            EndpointSliceView([
                "metadata": [
                    "namespace": "default", "name": "o-1", "labels": ["kubernetes.io/service-name": "other"],
                ],
                "addressType": "IPv4", "ports": [["name": "", "port": 81]],
                "endpoints": [["addresses": ["10.244.2.9"], "nodeName": "n2"]],
            ]))
        let change = rules.update([ObjectName(namespace: "default", name: "other")], from: table)
        #expect(
            change.commands == [
                "add element inet fairlead cluster-ips4 { 10.96.0.11 }",
                "add element inet fairlead endpoints-tcp4 { 10.96.0.11 . 80 . 0 : 10.244.2.9 . 81 }",
                "add element inet fairlead services4 { 10.96.0.11 . tcp . 80 : goto to4-tcp-1-m1-m1 }",
            ])
    }

    @Test mutating func aFlipTouchesTwoElements() {
        let all = ["10.244.2.5", "10.244.2.6", "10.244.2.7"]
        set(Self.clusterIP)
        setEndpoints(all)
        _ = update()
        setEndpoints(all, ready: ["10.244.2.5", "10.244.2.7"])
        _ = update()
        setEndpoints(all)
        #expect(
            update() == [
                "delete element inet fairlead services4 { 10.96.0.10 . tcp . 80 }",
                "add element inet fairlead endpoints-tcp4 { 10.96.0.10 . 80 . 2 : 10.244.2.6 . 8080 }",
                "add element inet fairlead services4 { 10.96.0.10 . tcp . 80 : goto to4-tcp-3-m3-m3 }",
            ])
        #expect(update().isEmpty)
    }

    @Test mutating func theLastOneFillsTheGap() {
        set(Self.clusterIP)
        setEndpoints(["10.244.2.5", "10.244.2.6", "10.244.2.7"])
        _ = update()
        setEndpoints(["10.244.2.6", "10.244.2.7"])
        #expect(
            update() == [
                "add chain inet fairlead to4-tcp-2-m2-m2",
                "add rule inet fairlead to4-tcp-2-m2-m2 ip saddr @pods4 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp4",
                "add rule inet fairlead to4-tcp-2-m2-m2 meta mark set meta mark or 0x4000 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp4",
                "delete element inet fairlead endpoints-tcp4 { 10.96.0.10 . 80 . 0, 10.96.0.10 . 80 . 2 }",
                "delete element inet fairlead services4 { 10.96.0.10 . tcp . 80 }",
                "add element inet fairlead endpoints-tcp4 { 10.96.0.10 . 80 . 0 : 10.244.2.7 . 8080 }",
                "add element inet fairlead services4 { 10.96.0.10 . tcp . 80 : goto to4-tcp-2-m2-m2 }",
            ])
    }

    @Test mutating func withoutEndpointsItIsRejected() {
        set(Self.clusterIP)
        #expect(
            update() == [
                "add element inet fairlead cluster-ips4 { 10.96.0.10 }",
                "add element inet fairlead services4 { 10.96.0.10 . tcp . 80 : goto reject-now }",
            ])
    }

    @Test mutating func localWithoutLocalEndpointsIsDropped() {
        set(["clusterIP": "10.96.0.10", "ports": [["port": 80]], "internalTrafficPolicy": "Local"])
        setEndpoints(["10.244.2.5"])
        #expect(update().last == "add element inet fairlead services4 { 10.96.0.10 . tcp . 80 : drop }")
    }

    @Test mutating func aLocalNodePortTellsSourcesApart() {
        set([
            "type": "NodePort", "clusterIP": "10.96.0.10", "ports": [["port": 80, "nodePort": 30080]],
            "externalTrafficPolicy": "Local",
        ])
        setEndpoints(["10.244.1.5", "10.244.2.5"])
        let commands = update()
        #expect(
            commands.filter { $0.contains("to4-tcp-2-m2-l1") } == [
                "add chain inet fairlead to4-tcp-2-m2-l1",
                "add rule inet fairlead to4-tcp-2-m2-l1 ip saddr @pods4 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp4",
                "add rule inet fairlead to4-tcp-2-m2-l1 fib saddr type local meta mark set meta mark or 0x4000 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp4",
                "add rule inet fairlead to4-tcp-2-m2-l1 dnat ip to ip daddr . tcp dport . numgen random mod 1 offset 10000000 map @endpoints-tcp4",
                "add element inet fairlead services4 { 10.96.0.10 . tcp . 80 : goto to4-tcp-2-m2-m2, 192.0.2.1 . tcp . 30080 : goto to4-tcp-2-m2-l1 }",
            ])
        #expect(commands.contains { $0.contains("192.0.2.1 . 30080 . 10000000 : 10.244.1.5 . 8080") })
    }

    @Test mutating func sourceRangesAreElements() {
        set(
            [
                "type": "LoadBalancer", "clusterIP": "10.96.0.10", "ports": [["port": 80]],
                "loadBalancerSourceRanges": ["198.51.100.0/24", "198.51.100.64/26"],
            ], status: ["loadBalancer": ["ingress": [["ip": "203.0.113.10"]]]])
        setEndpoints(["10.244.2.5"])
        let commands = update()
        #expect(
            commands.contains("add element inet fairlead admitted4 { 203.0.113.10 . tcp . 80 . 198.51.100.0/24 }"))
        #expect(commands.contains("add element inet fairlead guarded4 { 203.0.113.10 . tcp . 80 }"))
        table.removeService(web)
        #expect(update().contains("delete element inet fairlead guarded4 { 203.0.113.10 . tcp . 80 }"))
    }

    @Test mutating func affinityHasSetsThatLiveWithTheirEndpoints() {
        set([
            "clusterIP": "10.96.0.10", "ports": [["port": 80]], "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 30]],
        ])
        setEndpoints(["10.244.2.5", "10.244.2.6"])
        let commands = update()
        #expect(
            commands.contains("add set inet fairlead clients-1-0 { type ipv4_addr; flags dynamic,timeout; }"))
        #expect(
            commands.filter { $0.hasPrefix("add rule inet fairlead st") } == [
                "add rule inet fairlead stay-1-0 update @clients-1-0 { ip saddr timeout 30s }",
                "add rule inet fairlead stay-1-0 meta l4proto tcp dnat ip to 10.244.2.5:8080",
                "add rule inet fairlead stay-1-1 update @clients-1-1 { ip saddr timeout 30s }",
                "add rule inet fairlead stay-1-1 meta l4proto tcp dnat ip to 10.244.2.6:8080",
                "add rule inet fairlead stick-1 ip saddr @clients-1-0 goto stay-1-0",
                "add rule inet fairlead stick-1 ip saddr @clients-1-1 goto stay-1-1",
                "add rule inet fairlead stick-1 numgen random mod 2 vmap { 0 : goto stay-1-0, 1 : goto stay-1-1 }",
            ])
        setEndpoints(["10.244.2.5", "10.244.2.6"], ready: ["10.244.2.6"])
        #expect(
            update() == [
                "flush chain inet fairlead stick-1",
                "add rule inet fairlead stick-1 ip saddr @clients-1-1 goto stay-1-1",
                "add rule inet fairlead stick-1 numgen random mod 1 vmap { 0 : goto stay-1-1 }",
            ], "clients of the endpoint that is not ready are not forgotten")
        setEndpoints(["10.244.2.6"])
        #expect(
            update() == [
                "flush chain inet fairlead stay-1-0", "delete chain inet fairlead stay-1-0",
                "delete set inet fairlead clients-1-0",
            ])
    }

    @Test func numbersStayWherePossible() {
        func target(_ number: Int) -> Target {
            Target(
                RoutingTable.endpoint("10.0.0.\(number)"))
        }
        let old = [1, 2, 3, 4].map(target)
        #expect(ServicePlan.renumbered(old, [1, 2, 3, 4].reversed().map(target)) == old)
        #expect(ServicePlan.renumbered(old, [2, 3, 4].map(target)) == [4, 2, 3].map(target))
        #expect(ServicePlan.renumbered(old, [5, 2, 3, 4].map(target)) == [5, 2, 3, 4].map(target))
        #expect(ServicePlan.renumbered(old, [6, 7].map(target)) == [6, 7].map(target))
        #expect(ServicePlan.renumbered([], old) == old)
        #expect(ServicePlan.renumbered(old, []).isEmpty)
    }

    @Test func rangesInOthersAreLeftOut() {
        let ranges = ["10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/8", "192.168.0.0/16", "fd00::/8"].map { CIDR($0)! }
        #expect(Skeleton.disjoint(ranges).map(\.description) == ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"])
    }

    @Test mutating func theSkeletonIsWhatItIs() throws {
        var simulated = SimulatedTable()
        try simulated.run(rules.script())
        #expect(simulated.chains["masquerading"]?.contains("snat ip to 192.0.2.1 fully-random") ?? false)
        #expect(simulated.elements("pods4").keys.sorted() == ["10.244.0.0/16"])
        try simulated.run(Skeleton.sample)
        try simulated.run(Skeleton.removal)
        #expect(simulated == SimulatedTable())
    }
}

extension RoutingTable {
    /// An endpoint with this address, by way of a slice.
    fileprivate static func endpoint(_ address: String) -> Endpoint {
        var table = RoutingTable(RoutingSettings(clusterCIDRs: [], serviceCIDRs: []))
        table.set(
            ServiceView([
                "metadata": ["namespace": "d", "name": "s"],
                "spec": ["clusterIP": "10.96.0.1", "ports": [["port": 80]]],
            ]))
        table.set(
            EndpointSliceView([
                "metadata": ["namespace": "d", "name": "x", "labels": ["kubernetes.io/service-name": "s"]],
                "addressType": "IPv4", "ports": [["name": "", "port": 8080]],
                "endpoints": [["addresses": [.string(address)]]],
            ]))
        return table.servicePorts[0].endpoints[0]
    }
}
