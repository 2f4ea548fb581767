import FairleadModel
import FairleadRouting

/// A cluster for the routing model: Services of all types in equal parts, pods spread over all nodes, nodes over three
/// zones.
struct DecisionCluster {
    /// What is special about a Service.
    enum Kind: Int, CaseIterable {
        case plain, affinity, hinted, nodePort, balanced, balancedLocal
    }

    var services: Int
    /// Of each Service.
    var endpoints: Int
    var nodes: Int

    static let settings = RoutingSettings(
        clusterCIDRs: [CIDR("10.128.0.0/9")].compactMap(\.self), serviceCIDRs: [CIDR("10.0.0.0/9")].compactMap(\.self))
    static let namespace = "bench"

    func kind(_ service: Int) -> Kind { Kind(rawValue: service % Kind.allCases.count) ?? .plain }

    // MARK: Names and addresses

    static func service(_ number: Int) -> String { "service-\(number)" }
    static func pod(_ number: Int) -> String { "pod-\(number)" }
    static func node(_ number: Int) -> String { "node-\(number)" }
    static func clusterIP(_ service: Int) -> String { address(10, 0, service) }
    static func vip(_ service: Int) -> String { address(192, 168, service) }
    static func podIP(_ pod: Int) -> String { address(10, 128, pod) }
    static func nodeIP(_ node: Int) -> String { address(172, 18, node) }
    static func client(_ number: Int) -> String { address(198, 18, number) }
    /// Several Services share one if there are more than there are node ports, as no cluster could have.
    static func nodePort(_ service: Int) -> Int { 30_000 + service % 32_000 }
    static let port = 80
    static let targetPort = 8080

    /// `first.second.x.y`, or further on if `number` needs more than 16 bits; none ends in 0.
    private static func address(_ first: Int, _ second: Int, _ number: Int) -> String {
        let number = number + 1
        return "\(first).\(second + number >> 16).\(number >> 8 & 255).\(number & 255)"
    }

    // MARK: Objects

    /// Reads every object once, one after the other.
    func table() -> RoutingTable {
        var table = RoutingTable(Self.settings)
        for number in 0..<nodes { table.set(NodeView(node(number))) }
        for number in 0..<services * endpoints { table.set(PodView(pod(number))) }
        for number in 0..<services {
            table.set(EndpointSliceView(slice(number)))
            table.set(ServiceView(service(number)))
        }
        return table
    }

    private func zone(ofNode number: Int) -> String { "zone-\(number % 3)" }

    private func node(_ number: Int) -> Value {
        [
            "metadata": [
                "name": .string(Self.node(number)),
                "labels": ["topology.kubernetes.io/zone": .string(zone(ofNode: number))],
            ],
            "status": [
                "addresses": [["type": "InternalIP", "address": .string(Self.nodeIP(number))]],
                "conditions": [["type": "Ready", "status": "True"]],
            ],
        ]
    }

    private func pod(_ number: Int) -> Value {
        [
            "metadata": ["name": .string(Self.pod(number)), "namespace": .string(Self.namespace)],
            "spec": [
                "nodeName": .string(Self.node(number % nodes)),
                "containers": [["name": "c", "ports": [["containerPort": .int(Int64(Self.targetPort))]]]],
            ],
            "status": [
                "phase": "Running", "podIPs": [["ip": .string(Self.podIP(number))]],
                "conditions": [["type": "Ready", "status": "True"]],
            ],
        ]
    }

    private func slice(_ service: Int) -> Value {
        let all = (service * endpoints..<(service + 1) * endpoints).map { number -> Value in
            let zone = zone(ofNode: number % nodes)
            var endpoint: Value = [
                "addresses": [.string(Self.podIP(number))], "nodeName": .string(Self.node(number % nodes)),
                "zone": .string(zone), "conditions": ["ready": true, "serving": true, "terminating": false],
                "targetRef": [
                    "kind": "Pod", "namespace": .string(Self.namespace), "name": .string(Self.pod(number)),
                ],
            ]
            if kind(service) == .hinted { endpoint["hints"] = ["forZones": [["name": .string(zone)]]] }
            return endpoint
        }
        return [
            "metadata": [
                "name": .string(Self.service(service) + "-1"), "namespace": .string(Self.namespace),
                "labels": [EndpointSliceView.serviceNameLabel: .string(Self.service(service))],
            ],
            "addressType": "IPv4", "endpoints": .array(all),
            "ports": [["name": "", "port": .int(Int64(Self.targetPort)), "protocol": "TCP"]],
        ]
    }

    private func service(_ number: Int) -> Value {
        let kind = kind(number)
        let isBalanced = kind == .balanced || kind == .balancedLocal
        var port: Value = [
            "port": .int(Int64(Self.port)), "targetPort": .int(Int64(Self.targetPort)), "protocol": "TCP",
        ]
        var spec: Value = [
            "type": "ClusterIP", "clusterIP": .string(Self.clusterIP(number)),
            "clusterIPs": [.string(Self.clusterIP(number))], "ipFamilies": ["IPv4"],
        ]
        if isBalanced || kind == .nodePort {
            port["nodePort"] = .int(Int64(Self.nodePort(number)))
            spec["type"] = isBalanced ? "LoadBalancer" : "NodePort"
            spec["externalTrafficPolicy"] = kind == .balancedLocal ? "Local" : "Cluster"
        }
        if kind == .affinity { spec["sessionAffinity"] = "ClientIP" }
        spec["ports"] = .array([port])
        var service: Value = [
            "metadata": ["name": .string(Self.service(number)), "namespace": .string(Self.namespace)], "spec": spec,
        ]
        if isBalanced { service["status"] = ["loadBalancer": ["ingress": [["ip": .string(Self.vip(number))]]]] }
        return service
    }
}
