/// The endpoints of a port from which a node chooses, and why the others are excluded.
///
/// Reference: kube-proxy `CategorizeEndpoints`, `topologyModeFromHints`; KEP 1669 (terminating endpoints), KEP 2433
/// (topology hints), KEP 3015 (traffic distribution).
package struct EndpointPool: Hashable, Sendable {
    package enum Basis: String, Hashable, Sendable {
        case ready = "Ready"
        /// No endpoint is ready, so terminating ones that still serve are used.
        case servingTerminating = "ServingTerminating"
    }

    /// The effect of topology hints.
    package enum Topology: String, Hashable, Sendable {
        case sameNode = "SameNode"
        case sameZone = "SameZone"
        /// There are no hints, or no endpoint is ready.
        case none = "NoHints"
        case someWithoutHints = "SomeWithoutHints"
        case noneForNode = "NoHintForNode"
        case noneForZone = "NoHintForZone"
        case nodeWithoutZone = "NodeWithoutZone"

        var isUsed: Bool { self == .sameNode || self == .sameZone }
    }

    package enum Exclusion: String, Hashable, Sendable {
        case notReady = "NotReady"
        /// The endpoint is terminating and no longer serves.
        case notServing = "NotServing"
        /// The endpoint is terminating, and others are ready.
        case terminating = "Terminating"
        /// The policy is Local, and the endpoint is on another node.
        case otherNode = "OnOtherNode"
        case hintedToOtherNode = "HintedToOtherNode"
        case hintedToOtherZone = "HintedToOtherZone"
    }

    /// The node that chooses, and its zone (empty if it has none).
    package let node: String
    package let zone: String
    /// Whether only endpoints on the node are eligible.
    package let isLocal: Bool
    package let basis: Basis
    package let topology: Topology
    /// Indices into `ServicePort.endpoints`, ascending.
    package let members: [Int]

    package var isEmpty: Bool { members.isEmpty }

    /// Chooses from endpoints on all nodes.
    static func cluster(_ endpoints: [Endpoint], node: String, zone: String) -> EndpointPool {
        let topology = topology(endpoints, node: node, zone: zone)
        var ready: [Int] = []
        ready.reserveCapacity(endpoints.count)
        for index in endpoints.indices where endpoints[index].isReady {
            let isMember =
                switch topology {
                case .sameNode: endpoints[index].hintNodes.contains(node)
                case .sameZone: endpoints[index].hintZones.contains(zone)
                default: true
                }
            if isMember { ready.append(index) }
        }
        if !ready.isEmpty {
            return EndpointPool(
                node: node, zone: zone, isLocal: false, basis: .ready, topology: topology, members: ready)
        }
        let going = endpoints.indices.filter { endpoints[$0].isServingTerminating }
        return EndpointPool(
            node: node, zone: zone, isLocal: false, basis: going.isEmpty ? .ready : .servingTerminating,
            topology: .none,
            members: going)
    }

    /// Chooses from endpoints on one node.
    static func local(_ endpoints: [Endpoint], node: String, zone: String) -> EndpointPool {
        let own = endpoints.indices.filter { endpoints[$0].nodeName == node }
        var basis = Basis.ready
        var members = own.filter { endpoints[$0].isReady }
        if members.isEmpty {
            members = own.filter { endpoints[$0].isServingTerminating }
            if !members.isEmpty { basis = .servingTerminating }
        }
        return EndpointPool(node: node, zone: zone, isLocal: true, basis: basis, topology: .none, members: members)
    }

    private static func topology(_ endpoints: [Endpoint], node: String, zone: String) -> Topology {
        var isAnyReady = false
        var nodes = (all: true, any: false, mine: false)
        var zones = (all: true, any: false, mine: false)
        for endpoint in endpoints where endpoint.isReady {
            isAnyReady = true
            if endpoint.hintNodes.isEmpty {
                nodes.all = false
            } else {
                nodes.any = true
                if endpoint.hintNodes.contains(node) { nodes.mine = true }
            }
            if endpoint.hintZones.isEmpty {
                zones.all = false
            } else {
                zones.any = true
                if endpoint.hintZones.contains(zone) { zones.mine = true }
            }
        }
        guard isAnyReady else { return .none }
        if nodes.all, nodes.mine { return .sameNode }
        if zones.all, zones.mine { return .sameZone }
        if zones.all { return zone.isEmpty ? .nodeWithoutZone : .noneForZone }
        if nodes.all { return .noneForNode }
        return nodes.any || zones.any ? .someWithoutHints : .none
    }

    /// Why an endpoint is not a member; nil for members.
    package func exclusion(of endpoint: Endpoint) -> Exclusion? {
        if isLocal, endpoint.nodeName != node { return .otherNode }
        switch basis {
        case .servingTerminating:
            if endpoint.isServingTerminating { return nil }
            return endpoint.isTerminating ? .notServing : .notReady
        case .ready:
            guard endpoint.isReady else {
                guard endpoint.isTerminating else { return .notReady }
                return endpoint.isServing ? .terminating : .notServing
            }
            switch topology {
            case .sameNode: return endpoint.hintNodes.contains(node) ? nil : .hintedToOtherNode
            case .sameZone: return endpoint.hintZones.contains(zone) ? nil : .hintedToOtherZone
            default: return nil
            }
        }
    }
}
