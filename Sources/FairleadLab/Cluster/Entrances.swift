import FairleadModel

/// The ways into the cluster from outside, by address. They follow what a load balancer and a router would know: which
/// nodes are ready, and for Services with `externalTrafficPolicy: Local` which pass the health check.
struct Entrances: Sendable {
    private(set) var addresses: [IPAddress: EntryAddress] = [:]
    private(set) var balancers: [BalancerPort: BalancerTarget] = [:]

    init(services: [ServiceView], slices: [EndpointSliceView], nodes: [LabNode]) {
        let healthy = Self.nodesWithReadyEndpoints(slices)
        let own = Set(nodes.flatMap(\.addresses))
        // In a fixed order, so that the outcome is the same every time.
        for service in services.sorted(by: { ($0.namespace, $0.name) < ($1.namespace, $1.name) })
        where service.type != "ExternalName" && !service.isHeadless {
            let name = ObjectName(namespace: service.namespace, name: service.name)
            let usable = nodes.filter(\.isReady)
            for address in service.externalIPs.compactMap({ IPAddress($0) }) where !own.contains(address) {
                enter(address, usable)
            }
            guard service.type == "LoadBalancer" else { continue }
            let isLocal = service.externalTrafficPolicy == "Local"
            let balanced = usable.filter {
                !$0.isExcludedFromBalancers && (!isLocal || healthy[name]?.contains($0.name) ?? false)
            }
            for ingress in service.ingress {
                guard let address = IPAddress(ingress.text("ip")), !own.contains(address) else { continue }
                guard ingress.text("ipMode") == "Proxy" else {
                    enter(address, balanced)
                    continue
                }
                addresses[address] = .balancer
                for port in service.ports where port.protocolName == "TCP" {
                    balance(port, at: address, balanced)
                }
            }
        }
    }

    /// Routes tell no ports apart. Services that share an address share the nodes that all of them can use, or any if
    /// there is no such node.
    private mutating func enter(_ address: IPAddress, _ nodes: [LabNode]) {
        let names = nodes.filter { $0.address(isIPv4: address.isIPv4) != nil }.map(\.name)
        switch addresses[address] {
        case nil: addresses[address] = .nodes(names)
        case .balancer: break
        case .nodes(let others):
            let common = others.filter(names.contains)
            addresses[address] = .nodes(common.isEmpty ? others + names.filter { !others.contains($0) } : common)
        }
    }

    private mutating func balance(_ port: ServiceView.Port, at address: IPAddress, _ nodes: [LabNode]) {
        guard let number = Self.portNumber(port.number), let nodePort = Self.portNumber(port.nodePort) else { return }
        let key = BalancerPort(address: address, port: number)
        guard balancers[key] == nil else { return }
        let targets = nodes.compactMap { $0.address(isIPv4: address.isIPv4) }
        balancers[key] = BalancerTarget(addresses: targets, nodePort: nodePort)
    }

    /// What kube-proxy's health check answers: whether the node has a ready endpoint of the Service.
    private static func nodesWithReadyEndpoints(_ slices: [EndpointSliceView]) -> [ObjectName: Set<String>] {
        var found: [ObjectName: Set<String>] = [:]
        for slice in slices where !slice.serviceName.isEmpty && slice.addressType != "FQDN" {
            let service = ObjectName(namespace: slice.namespace, name: slice.serviceName)
            for endpoint in slice.endpoints where endpoint.isReady && !endpoint.nodeName.isEmpty {
                found[service, default: []].insert(endpoint.nodeName)
            }
        }
        return found
    }

    static func portNumber(_ number: Int64) -> Int? {
        (1...65535).contains(number) ? Int(exactly: number) : nil
    }
}
