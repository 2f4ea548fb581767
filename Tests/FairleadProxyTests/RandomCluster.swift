import FairleadModel
import FairleadRandomTesting
import FairleadRouting

/// Objects of a small cluster in which everything collides: few addresses and ports, changed at random.
struct RandomCluster {
    static let node = "n1"
    static let settings = RoutingSettings(
        clusterCIDRs: [CIDR("10.244.0.0/16")!, CIDR("fd00:244::/56")!],
        serviceCIDRs: [CIDR("10.96.0.0/16")!, CIDR("fd00:96::/108")!])

    var random: SplitMix64
    var services: [String: Value] = [:]
    var slices: [String: Value] = [:]
    var nodes: [String: Value] = [:]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        for name in ["n1", "n2", "n3"] { nodes[name] = node(name) }
    }

    static let pods: [Value] = (1...3).flatMap { node in
        (1...4).map { index in
            let addresses: [Value] = [
                ["ip": .string("10.244.\(node).\(index)")], ["ip": .string("fd00:244:0:\(node)::\(index)")],
            ]
            return [
                "metadata": ["namespace": "d", "name": .string("p\(node)-\(index)")],
                "spec": ["nodeName": .string("n\(node)")],
                "status": ["phase": "Running", "podIPs": .array(addresses)],
            ]
        }
    }

    /// What changes: a list and a name; the object is gone if the value is nil.
    enum Change {
        case service(String, Value?)
        case slice(String, Value?)
        case node(String, Value)
    }

    mutating func change() -> Change {
        switch random.below(10) {
        case 0, 1:
            let name = "s\(random.below(5))"
            let value = random.chance(80) ? service(name) : nil
            services[name] = value
            return .service(name, value)
        case 2:
            let name = "n\(1 + random.below(3))"
            let value = node(name)
            nodes[name] = value
            return .node(name, value)
        default:
            let name = "slice\(random.below(8))"
            let value = random.chance(85) ? slice(name) : nil
            slices[name] = value
            return .slice(name, value)
        }
    }

    // MARK: Objects

    private mutating func node(_ name: String) -> Value {
        let digit = name.dropFirst()
        let zone = random.pick(["a", "b", ""])
        var addresses: [Value] = [["type": "InternalIP", "address": .string("192.0.2.\(digit)")]]
        if random.chance(70) { addresses.append(["type": "InternalIP", "address": .string("2001:db8::\(digit)")]) }
        if random.chance(20) { addresses.append(["type": "ExternalIP", "address": .string("198.51.100.\(digit)")]) }
        return [
            "metadata": [
                "name": .string(name),
                "labels": zone.isEmpty ? [:] : ["topology.kubernetes.io/zone": .string(zone)],
            ],
            "status": ["addresses": .array(addresses), "conditions": [["type": "Ready", "status": "True"]]],
        ]
    }

    private mutating func service(_ name: String) -> Value {
        let ports: [Value] = (0...random.below(2)).map { index in
            [
                "name": .string("p\(index)"), "port": .int(random.chance(70) ? Int64(80 + index) : 53),
                "protocol": .string(random.pick(["TCP", "TCP", "UDP", "SCTP"])),
                "nodePort": .int(random.chance(70) ? Int64(30080 + random.below(2)) : 0),
            ]
        }
        let number = 1 + random.below(4)
        let families = random.pick([["10.96.0.\(number)"], ["10.96.0.\(number)", "fd00:96::\(number)"]])
        let external = random.chance(30) ? random.pick(["198.51.100.1", "198.51.100.9", "192.0.2.1"]) : ""
        var spec: Object = [
            "type": .string(random.pick(["ClusterIP", "NodePort", "LoadBalancer"])),
            "clusterIP": .string(families[0]), "clusterIPs": .array(families.map { .string($0) }),
            "ports": .array(ports), "externalIPs": external.isEmpty ? [] : [.string(external)],
            "internalTrafficPolicy": .string(random.chance(30) ? "Local" : "Cluster"),
            "externalTrafficPolicy": .string(random.chance(50) ? "Local" : "Cluster"),
            "loadBalancerSourceRanges": random.chance(30) ? ["10.244.1.0/24", "203.0.113.0/24", "10.244.1.0/30"] : [],
        ]
        if random.chance(25) {
            spec["sessionAffinity"] = "ClientIP"
            spec["sessionAffinityConfig"] = [
                "clientIP": ["timeoutSeconds": .int(random.chance(50) ? 10 : 20)]
            ]
        }
        let vip: Value = [
            "ip": .string(random.pick(["203.0.113.1", "203.0.113.2", "198.51.100.9"])),
            "ipMode": .string(random.chance(80) ? "VIP" : "Proxy"),
        ]
        return [
            "metadata": ["namespace": "d", "name": .string(name)], "spec": .object(spec),
            "status": ["loadBalancer": ["ingress": [vip]]],
        ]
    }

    private mutating func slice(_ name: String) -> Value {
        let isIPv4 = random.chance(70)
        let hints = random.below(4)
        let endpoints: [Value] = (0..<random.below(5)).map { _ in
            let node = 1 + random.below(3)
            let index = 1 + random.below(4)
            let state = random.below(8)
            return [
                "addresses": [.string(isIPv4 ? "10.244.\(node).\(index)" : "fd00:244:0:\(node)::\(index)")],
                "nodeName": .string("n\(node)"),
                "conditions": [
                    "ready": .bool(state < 5), "serving": .bool(state < 7), "terminating": .bool(state >= 5),
                ],
                "hints": [
                    "forZones": hints == 1 || hints == 3 ? [["name": .string(random.pick(["a", "b"]))]] : [],
                    "forNodes": hints >= 2 ? [["name": .string("n\(1 + random.below(3))")]] : [],
                ],
            ]
        }
        let ports: [Value] = ["TCP", "UDP", "SCTP"].flatMap { transport in
            (0..<2).map { index in
                ["name": .string("p\(index)"), "port": .int(8080 + Int64(index)), "protocol": .string(transport)]
            }
        }
        return [
            "metadata": [
                "namespace": "d", "name": .string(name),
                "labels": ["kubernetes.io/service-name": .string("s\(random.below(5))")],
            ],
            "addressType": .string(isIPv4 ? "IPv4" : "IPv6"), "ports": .array(ports), "endpoints": .array(endpoints),
        ]
    }

    /// The model with all objects, made anew.
    var table: RoutingTable {
        RoutingTable(
            Self.settings, services: Array(services.values), slices: Array(slices.values), nodes: Array(nodes.values),
            pods: Self.pods)
    }
}
