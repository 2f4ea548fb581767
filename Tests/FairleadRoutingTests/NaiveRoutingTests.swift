import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadRouting

/// Compares the model with a second reading of the rules, which is written as one list of conditions per endpoint.
struct NaiveRoutingTests {
    private static let zones = ["a", "b", ""]
    private static let nodes = ["n1", "n2", "n3"]

    /// Two thousand clusters.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func modelAndSecondReadingAgree(seed: UInt64) {
        for step in 0..<40 as Range<UInt64> {
            var random = SplitMix64(seed: seed << 32 | step)
            let cluster = Cluster(&random)
            for source in cluster.sources {
                for target in cluster.targets {
                    let packet = Packet(from: source, to: .address(target.address), port: target.port, .tcp)
                    let wanted = cluster.expected(source, target)
                    var found: Set<String> = []
                    for seed in 0..<96 as Range<UInt64> {
                        if seed >= 16, found == wanted { break }
                        var generator = SplitMix64(seed: seed)
                        var connections = ConnectionTable()
                        let decision = cluster.table.route(packet, &connections, at: 0, using: &generator)
                        found.insert(Self.text(decision))
                    }
                    // Of many outcomes 96 throws may miss some; of six or fewer they miss none (one in ten million).
                    let isRight = wanted.count > 6 ? found.isSubset(of: wanted) : found == wanted
                    #expect(
                        isRight,
                        "seed \(seed), step \(step): \(packet): \(found), not \(wanted)\n\(cluster.slice.jsonText)")
                }
            }
        }
    }

    private static func text(_ decision: Decision) -> String {
        switch decision.outcome {
        case .delivered(let socket): "\(socket.address) sees \(decision.sourceSeen!)"
        case .rejected: "reject"
        case .dropped: "drop"
        default: "else"
        }
    }

    private struct Target { var address: IPAddress; var port: Int; var access: RoutingTable.Access }

    /// Three nodes, a pod on each, one Service with random policies, endpoints, hints and conditions.
    private struct Cluster {
        struct Backend {
            var address: String
            var node: String
            var ready: Bool
            var serving: Bool
            var terminating: Bool
            var zones: [String]
            var nodes: [String]
        }

        var table: RoutingTable
        var service: Value
        var slice: Value
        var zoneOf: [String: String] = [:]
        var backends: [Backend] = []
        var internalLocal: Bool
        var externalLocal: Bool
        var ranges: Bool

        init(_ random: inout SplitMix64) {
            internalLocal = Bool.random(using: &random)
            externalLocal = Bool.random(using: &random)
            ranges = Int.random(in: 0..<4, using: &random) == 0
            var table = RoutingTable(
                RoutingSettings(clusterCIDRs: [CIDR("10.244.0.0/16")!], serviceCIDRs: [CIDR("10.96.0.0/16")!]))
            for (index, name) in NaiveRoutingTests.nodes.enumerated() {
                let zone = NaiveRoutingTests.zones.randomElement(using: &random)!
                zoneOf[name] = zone
                let labels: Value = zone.isEmpty ? [:] : ["topology.kubernetes.io/zone": .string(zone)]
                table.set(
                    NodeView([
                        "metadata": ["name": .string(name), "labels": labels],
                        "status": [
                            "addresses": [["type": "InternalIP", "address": .string("192.0.2.\(index + 1)")]],
                            "conditions": [["type": "Ready", "status": "True"]],
                        ],
                    ]))
                table.set(
                    PodView([
                        "metadata": ["namespace": "d", "name": .string("p\(index)")],
                        "spec": ["nodeName": .string(name)],
                        "status": ["phase": "Running", "podIP": .string("10.244.\(index + 1).1")],
                    ]))
            }
            let hints = Int.random(in: 0..<5, using: &random)
            for index in 0..<Int.random(in: 0..<5, using: &random) {
                let node = NaiveRoutingTests.nodes.randomElement(using: &random)!
                let state = Int.random(in: 0..<5, using: &random)
                let hasZone = hints == 1 || hints == 3 || (hints == 4 && Bool.random(using: &random))
                let hasNode = hints == 2 || hints == 3 || (hints == 4 && Bool.random(using: &random))
                // Sometimes the address of a pod that sends, or of the node: hairpin, and pods in the host network.
                let address =
                    switch (index, Int.random(in: 0..<3, using: &random)) {
                    case (0, 0): "10.244.1.1"
                    case (1, 0): "192.0.2.\(node.dropFirst())"
                    default: "10.244.9.\(index + 1)"
                    }
                backends.append(
                    Backend(
                        address: address,
                        node: node, ready: state < 2, serving: state < 4 && state != 2, terminating: state > 2,
                        zones: hasZone ? [["a", "b"].randomElement(using: &random)!] : [],
                        nodes: hasNode ? [NaiveRoutingTests.nodes.randomElement(using: &random)!] : []))
            }
            for backend in backends where backend.address.hasPrefix("10.244.9.") {
                table.set(
                    PodView([
                        "metadata": ["namespace": "d", "name": .string("b\(backend.address)")],
                        "spec": ["nodeName": .string(backend.node)],
                        "status": ["phase": "Running", "podIP": .string(backend.address)],
                    ]))
            }
            service = [
                "metadata": ["namespace": "d", "name": "s"],
                "spec": [
                    "type": "LoadBalancer", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
                    "ports": [["port": 80, "nodePort": 30080]], "externalIPs": ["198.51.100.1"],
                    "internalTrafficPolicy": .string(internalLocal ? "Local" : "Cluster"),
                    "externalTrafficPolicy": .string(externalLocal ? "Local" : "Cluster"),
                    "loadBalancerSourceRanges": ranges ? ["10.244.1.0/24", "203.0.113.0/24"] : [],
                ],
                "status": ["loadBalancer": ["ingress": [["ip": "203.0.113.1"]]]],
            ]
            slice = [
                "metadata": ["namespace": "d", "name": "s-1", "labels": ["kubernetes.io/service-name": "s"]],
                "addressType": "IPv4", "ports": [["name": "", "port": 8080]],
                "endpoints": .array(
                    backends.map { backend in
                        [
                            "addresses": [.string(backend.address)], "nodeName": .string(backend.node),
                            "conditions": [
                                "ready": .bool(backend.ready), "serving": .bool(backend.serving),
                                "terminating": .bool(backend.terminating),
                            ],
                            "hints": [
                                "forZones": .array(backend.zones.map { ["name": .string($0)] }),
                                "forNodes": .array(backend.nodes.map { ["name": .string($0)] }),
                            ],
                        ]
                    }),
            ]
            table.set(ServiceView(service))
            table.set(EndpointSliceView(slice))
            self.table = table
        }

        var sources: [Packet.Source] {
            [.outside(IPAddress("203.0.113.77")!), .outside(IPAddress("198.51.100.77")!)]
                + NaiveRoutingTests.nodes.map { .node($0) }
                + (0..<3).map { .pod(ObjectName(namespace: "d", name: "p\($0)")) }
        }

        var targets: [Target] {
            [
                Target(address: IPAddress("10.96.0.1")!, port: 80, access: .clusterIP),
                Target(address: IPAddress("203.0.113.1")!, port: 80, access: .balancerVIP),
                Target(address: IPAddress("198.51.100.1")!, port: 80, access: .externalIP),
            ] + (1...3).map { Target(address: IPAddress("192.0.2.\($0)")!, port: 30080, access: .nodePort) }
        }

        /// Everything that may become of a packet.
        func expected(_ source: Packet.Source, _ target: Target) -> Set<String> {
            let home: Int?
            let address: String
            switch source {
            case .outside(let given): (home, address) = (nil, given.description)
            case .node(let name): home = Int(name.dropFirst())!; address = "192.0.2.\(home!)"
            case .pod(let name): home = Int(name.name.dropFirst())! + 1; address = "10.244.\(home!).1"
            }
            var places: [Int]
            switch target.access {
            case .nodePort: places = [Int(target.address.description.split(separator: ".").last!)!]
            case _ where home != nil: places = [home!]
            case .clusterIP: return ["else"]
            case .balancerVIP where externalLocal:
                places = (1...3).filter { place in backends.contains { $0.ready && $0.node == "n\(place)" } }
                if places.isEmpty { return ["drop"] }
            default: places = [1, 2, 3]
            }
            return Set(places.flatMap { onNode($0, source, home, address, target.access) })
        }

        private func onNode(
            _ place: Int, _ source: Packet.Source, _ home: Int?, _ address: String, _ access: RoutingTable.Access
        ) -> [String] {
            let isPod = address.hasPrefix("10.244.")
            if access == .balancerVIP, ranges, !address.hasPrefix("10.244.1."), !address.hasPrefix("203.0.113.") {
                return ["drop"]
            }
            if !backends.contains(where: { $0.ready || ($0.serving && $0.terminating) }) { return ["reject"] }
            var mustBeHere = access == .clusterIP ? internalLocal : externalLocal
            if access != .clusterIP, isPod || home == place { mustBeHere = false }
            let usable = usable(mustBeHere, place)
            if usable.isEmpty { return ["drop"] }
            return usable.map { backend in
                let isOwn = backend.address == address
                // The answer takes the direct way, on which nobody translates it back.
                if access != .clusterIP, externalLocal, isPod, !isOwn, home != place, backend.node != "n\(place)" {
                    return "drop"
                }
                let isNodeItself = home == place && !isPod
                if backend.address == "192.0.2.\(place)", !isNodeItself {
                    return "\(backend.address) sees \(address)"
                }
                let isHidden: Bool
                if access == .clusterIP {
                    isHidden = !isPod || isOwn
                } else if externalLocal {
                    isHidden = isOwn || (home == place && !isPod)
                } else {
                    isHidden = true
                }
                return "\(backend.address) sees \(isHidden ? "192.0.2.\(place)" : address)"
            }
        }

        private func usable(_ mustBeHere: Bool, _ place: Int) -> [Backend] {
            let node = "n\(place)"
            if mustBeHere {
                let here = backends.filter { $0.node == node }
                let ready = here.filter(\.ready)
                return ready.isEmpty ? here.filter { $0.serving && $0.terminating } : ready
            }
            let ready = backends.filter(\.ready)
            if ready.isEmpty { return backends.filter { $0.serving && $0.terminating } }
            if ready.allSatisfy({ !$0.nodes.isEmpty }) {
                let mine = ready.filter { $0.nodes.contains(node) }
                if !mine.isEmpty { return mine }
            }
            if ready.allSatisfy({ !$0.zones.isEmpty }) {
                let mine = ready.filter { $0.zones.contains(zoneOf[node]!) }
                if !mine.isEmpty { return mine }
            }
            return ready
        }
    }
}
