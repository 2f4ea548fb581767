import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadRouting

/// What the table keeps so that no decision goes through all nodes, pods or Services.
struct NodePoolsTests {
    private static let settings = RoutingSettings(clusterCIDRs: [], serviceCIDRs: [])

    private static func node(_ random: inout SplitMix64) -> NodeView {
        let number = Int.random(in: 0..<12, using: &random)
        let addresses = [["10.0.0.\(number)"], ["10.0.0.\(number)", "fd00::\(number)"], []].randomElement(
            using: &random)
        var node: Value = [
            "metadata": ["name": .string("n\(number)"), "labels": [:]],
            "status": [
                "addresses": .array(
                    (addresses ?? []).map { ["type": "InternalIP", "address": .string($0)] }),
                "conditions": [["type": "Ready", "status": Bool.random(using: &random) ? "True" : "False"]],
            ],
        ]
        if Bool.random(using: &random) {
            node.set("", at: "metadata", "labels", "node.kubernetes.io/exclude-from-external-load-balancers")
        }
        return NodeView(node)
    }

    /// The rules once more, over all nodes.
    private static func expected(
        _ table: RoutingTable, isIPv4: Bool, isBalancer: Bool
    ) -> (nodes: [String], excluded: [String: Decision.NodeChoice.Exclusion]) {
        var nodes: [String] = []
        var excluded: [String: Decision.NodeChoice.Exclusion] = [:]
        for (name, node) in table.nodes.sorted(by: { $0.key < $1.key }) {
            if !node.addresses.contains(where: { $0.isIPv4 == isIPv4 }) {
                excluded[name] = .noAddress
            } else if !node.isReady {
                excluded[name] = .notReady
            } else if isBalancer, node.isExcludedFromBalancers {
                excluded[name] = .excluded
            } else {
                nodes.append(name)
            }
        }
        return (nodes, excluded)
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func poolsFollowTheNodesChangeByChange(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = RoutingTable(Self.settings)
        for _ in 0..<300 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: table.removeNode("n\(Int.random(in: 0..<12, using: &random))")
            case 1:
                let name = "n\(Int.random(in: 0..<12, using: &random))"
                table.setReadiness(of: name, Bool.random(using: &random))
            default: table.set(Self.node(&random))
            }
            for (isIPv4, isBalancer) in [(true, true), (true, false), (false, true), (false, false)] {
                let pool = table.nodePools[isIPv4: isIPv4, isBalancer: isBalancer]
                let expected = Self.expected(table, isIPv4: isIPv4, isBalancer: isBalancer)
                #expect(pool.nodes == expected.nodes && pool.excluded == expected.excluded, "seed \(seed)")
            }
        }
    }

    @Test func nodesWithoutAReadyEndpointAreToldInOrderUpToALimit() {
        var table = RoutingTable(Self.settings)
        for number in 0..<9 {
            table.set(
                NodeView([
                    "metadata": ["name": .string("n\(number)")],
                    "status": [
                        "addresses": [["type": "InternalIP", "address": .string("10.0.0.\(number)")]],
                        "conditions": [["type": "Ready", "status": number == 4 ? "False" : "True"]],
                    ],
                ]))
        }
        let choice = Decision.NodeChoice(
            balancer: nil, pool: table.nodePools[isIPv4: true, isBalancer: true], healthy: ["n0", "n4", "n7", "other"])
        #expect(choice.nodes == ["n0", "n7"])
        #expect(choice.excludedCount == 7 && choice.excluded.count == 7)
        #expect(choice.someExcluded(4).map(\.node) == ["n1", "n2", "n3", "n4"])
        #expect(choice.someExcluded(4).map(\.why) == [.unhealthy, .unhealthy, .unhealthy, .notReady])
        #expect(choice.someExcluded(.max).map(\.node) == ["n1", "n2", "n3", "n4", "n5", "n6", "n8"])
    }

    /// A pod of the host network that leaves its node, or the network, leaves the node's ports as well.
    @Test func portsOfPodsInTheHostNetworkComeAndGoWithThem() throws {
        func outcome(_ table: RoutingTable) throws -> Decision.Outcome {
            var connections = ConnectionTable()
            var random = SplitMix64(seed: 1)
            let address = try #require(IPAddress("10.0.0.1"))
            let packet = Packet(from: .node("n2"), to: .address(address), port: 9100)
            return table.route(packet, &connections, at: 0, using: &random).outcome
        }
        func pod(_ node: String, hostNetwork: Bool = true) -> PodView {
            PodView([
                "metadata": ["name": "p", "namespace": "n"],
                "spec": [
                    "nodeName": .string(node), "hostNetwork": .bool(hostNetwork),
                    "containers": [["name": "c", "ports": [["containerPort": 9100]]]],
                ],
                "status": ["phase": "Running", "podIPs": [["ip": "10.0.0.1"]]],
            ])
        }
        var table = RoutingTable(Self.settings)
        for (name, address) in [("n1", "10.0.0.1"), ("n2", "10.0.0.2")] {
            table.set(
                NodeView([
                    "metadata": ["name": .string(name)],
                    "status": ["addresses": [["type": "InternalIP", "address": .string(address)]]],
                ]))
        }
        let refused = Decision.Outcome.rejected(.nothingListens)
        #expect(try outcome(table) == refused)
        table.set(pod("n1"))
        #expect(try outcome(table) != refused)
        table.set(pod("n2"))
        #expect(try outcome(table) == refused)
        table.set(pod("n1"))
        table.set(pod("n1", hostNetwork: false))
        #expect(try outcome(table) == refused)
        table.set(pod("n1"))
        table.removePod(ObjectName(namespace: "n", name: "p"))
        #expect(try outcome(table) == refused)
    }

    /// Two Services may name the same external address; it is one as long as any of them does.
    @Test func anExternalAddressIsKnownUntilTheLastServiceLetsGoOfIt() throws {
        func service(_ name: String, _ clusterIP: String) -> ServiceView {
            ServiceView([
                "metadata": ["name": .string(name), "namespace": "n"],
                "spec": [
                    "type": "ClusterIP", "clusterIP": .string(clusterIP), "clusterIPs": [.string(clusterIP)],
                    "externalIPs": ["192.0.2.80"],
                    "ports": [
                        ["name": "a", "port": 80, "protocol": "TCP"], ["name": "b", "port": 81, "protocol": "TCP"],
                    ],
                ],
            ])
        }
        let address = try #require(IPAddress("192.0.2.80"))
        var table = RoutingTable(Self.settings)
        table.set(service("a", "10.96.0.1"))
        table.set(service("a", "10.96.0.1"))
        table.set(service("b", "10.96.0.2"))
        table.removeService(ObjectName(namespace: "n", name: "a"))
        #expect(table.isExternalAddress(address))
        table.removeService(ObjectName(namespace: "n", name: "b"))
        #expect(!table.isExternalAddress(address))
    }
}
