package import FairleadModel

// What the rules of one node do, by the type of the Service's address and by where a packet comes from. Both
// `RoutingTable.route` and the kernel's rules (FairleadProxy) are made of these functions.

extension RoutingTable {
    /// Where a packet comes from, as far as the rules of a node tell sources apart.
    package enum SourceKind: Hashable, Sendable, CaseIterable {
        /// The source address is one of the pod CIDRs, whoever sends.
        case pod
        /// From the node that decides: its own programs, and pods in its host network.
        case ownNode
        case other
    }

    /// How packets of one kind of source are routed to a port of a Service.
    package struct Handling: Hashable, Sendable {
        package let scope: Decision.Scope
        /// Whether only endpoints on the node that decides are eligible.
        package let isLocal: Bool
        /// Why the receiver sees the node's address; nil if it sees the client's. A packet that is routed back to its
        /// sender is masqueraded in any case.
        package let masquerade: Decision.Masquerade?

        /// What happens if no endpoint is eligible. The Service has usable endpoints somewhere.
        package var outcomeWithoutMembers: Decision.Outcome {
            isLocal ? .dropped(.noLocalEndpoints) : .rejected(.noEndpoints)
        }
    }

    func sourceKind(_ address: IPAddress, isFromNodeItself: Bool) -> SourceKind {
        if settings.isPodAddress(address) { return .pod }
        return isFromNodeItself ? .ownNode : .other
    }

    /// Which traffic policy applies, and whether the source address is kept.
    ///
    /// Reference: kube-proxy nftables mode, `writeServiceToEndpointRules` and the chains `external-…`.
    package func handling(of source: SourceKind, to port: ServicePort, _ access: Access) -> Handling {
        guard access != .clusterIP else {
            let why: Decision.Masquerade? =
                settings.masqueradesAll ? .all : source == .pod ? nil : .sourceIsNoPod
            return Handling(scope: .internalPolicy, isLocal: port.isInternalLocal, masquerade: why)
        }
        guard port.isExternalLocal else {
            return Handling(scope: .externalPolicy, isLocal: false, masquerade: .externalCluster)
        }
        return switch source {
        case .pod: Handling(scope: .podToExternal, isLocal: false, masquerade: nil)
        case .ownNode: Handling(scope: .nodeToExternal, isLocal: false, masquerade: .fromNode)
        case .other: Handling(scope: .externalPolicy, isLocal: true, masquerade: nil)
        }
    }

    /// The endpoints that a node chooses from.
    package func pool(of port: ServicePort, isLocal: Bool, on node: String) -> EndpointPool {
        let zone = zone(of: node)
        return isLocal
            ? .local(port.endpoints, node: node, zone: zone) : .cluster(port.endpoints, node: node, zone: zone)
    }

    /// Whether `loadBalancerSourceRanges` lets the client in.
    static func admits(_ client: IPAddress, to port: ServicePort, _ access: Access) -> Bool {
        guard let ranges = port.admittedRanges(access) else { return true }
        return ranges.contains { $0.contains(client) }
    }
}

extension ServicePort {
    /// The ranges that a client must be in; nil if all clients are admitted.
    package func admittedRanges(_ access: RoutingTable.Access) -> [CIDR]? {
        access == .balancerVIP && !sourceRanges.isEmpty ? sourceRanges : nil
    }

    /// Whether any node could route a packet to an endpoint. If not, packets are rejected everywhere.
    package var hasEndpoints: Bool { endpoints.contains { $0.isReady || $0.isServingTerminating } }
}
