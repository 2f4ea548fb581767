package import FairleadModel

/// What the lab knows of the cluster at a moment. Pure: made of the objects.
package struct LabCluster: Hashable, Sendable {
    /// An address and port where the API server is said to answer: an endpoint of the Service `kubernetes`.
    package struct ServerEndpoint: Hashable, Sendable {
        package let address: IPAddress
        package let port: Int
    }

    /// Sorted by name. Nodes without addresses are left out: packets cannot come to them.
    package let nodes: [LabNode]
    /// Sorted by name. Pods on nodes that the lab does not have are left out.
    package let pods: [LabPod]
    package let entrances: [IPAddress: EntryAddress]
    package let balancers: [BalancerPort: BalancerTarget]
    package let serverEndpoints: [ServerEndpoint]
    /// How many nodes and pods are left out because there are too many.
    package let omittedNodes: Int
    package let omittedPods: Int

    package init(
        nodes: [NodeView], pods: [PodView], services: [ServiceView], slices: [EndpointSliceView],
        limits: LabLimits = LabLimits()
    ) {
        let machines = nodes.map { LabNode($0) }.filter { !$0.addresses.isEmpty }.sorted { $0.name < $1.name }
        self.nodes = Array(machines.prefix(limits.nodes))
        omittedNodes = machines.count - self.nodes.count
        let names = Set(self.nodes.map(\.name))
        let present = pods.compactMap { LabPod($0) }.filter { names.contains($0.nodeName) }.sorted { $0.name < $1.name }
        self.pods = Array(present.prefix(limits.pods))
        omittedPods = present.count - self.pods.count
        let entrances = Entrances(services: services, slices: slices, nodes: self.nodes)
        self.entrances = entrances.addresses
        balancers = entrances.balancers
        let own = Set(self.nodes.flatMap(\.addresses))
        serverEndpoints = slices.filter { $0.namespace == "default" && $0.serviceName == "kubernetes" }
            .flatMap { Self.serverEndpoints(of: $0) }.filter { !own.contains($0.address) && !$0.address.isLoopback }
            .sorted { $0.address < $1.address }
    }

    private static func serverEndpoints(of slice: EndpointSliceView) -> [ServerEndpoint] {
        let ports = slice.ports.compactMap { $0.number.flatMap(Entrances.portNumber) }
        let addresses = slice.endpoints.compactMap { $0.addresses.first.flatMap { IPAddress($0) } }
        return addresses.flatMap { address in ports.map { ServerEndpoint(address: address, port: $0) } }
    }

    package var hasIPv6: Bool { nodes.contains { $0.addresses.contains { !$0.isIPv4 } } }

    /// Ranges that contain the pod ranges of all nodes, one of each family: what the servers' flag `--pod-cidr` may have
    /// been, as far as the nodes tell. At least a /16 and a /56, so that another node seldom changes them.
    package var podRanges: [CIDR] {
        [true, false].compactMap { isIPv4 in
            let ranges = nodes.flatMap(\.podRanges).filter { $0.isIPv4 == isIPv4 }
            guard let first = ranges.first else { return nil }
            var length = min(isIPv4 ? 16 : 56, first.prefixLength)
            while length > 0 {
                if let cover = CIDR(first.network, prefixLength: length), ranges.allSatisfy(cover.contains) {
                    return cover
                }
                length -= 1
            }
            return CIDR(first.network, prefixLength: 0)
        }
    }
}

/// How large a lab may become. Each node and each pod is a network namespace of its own.
package struct LabLimits: Hashable, Sendable {
    package var nodes = 250
    package var pods = 2000
    /// Connections that one listener has open at a time; further ones are closed at once.
    package var connections = 1000
    /// How long a connection may be silent before it is closed.
    package var idle = Duration.seconds(600)
    /// How long a client of an echo may say nothing before it is answered.
    package var silence = Duration.seconds(2)

    package init() {}
}
