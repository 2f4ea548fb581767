package import FairleadModel

/// What becomes of a packet, with everything that led there. Cheap to make: texts come from `RouteReport`.
package struct Decision: Sendable {
    package enum Outcome: Hashable, Sendable {
        case delivered(Socket)
        /// The client gets an error at once: ECONNREFUSED for TCP.
        case rejected(Reason)
        /// Nobody answers: the client waits until it gives up.
        case dropped(Reason)
        /// No way leads there, or nobody has the address.
        case unreachable(Reason)
        /// The way goes on outside, where the cluster decides nothing.
        case leavesCluster
        /// kube-proxy's own answer on a health-check node port: 200 or 503.
        case answeredByNode(isHealthy: Bool, localEndpoints: Int)
    }

    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case noEndpoints = "NoEndpoints"
        /// The policy is Local, and the node has none; others have.
        case noLocalEndpoints = "NoLocalEndpoints"
        case outsideSourceRanges = "OutsideSourceRanges"
        /// A cluster IP, but none of its Service's ports.
        case noSuchServicePort = "NoSuchServicePort"
        case unallocatedClusterIP = "UnallocatedClusterIP"
        /// The balancer knows no node that would take the packet.
        case noHealthyNode = "NoHealthyNode"
        case nothingListens = "NothingListens"
        case noPodHasAddress = "NoPodHasAddress"
        case nobodyHasAddress = "NobodyHasAddress"
        /// Addresses of pods and cluster IPs mean nothing outside.
        case notRoutedOutside = "NotRoutedOutside"
        case unknownSource = "UnknownSource"
        case sourceWithoutAddress = "SourceWithoutAddress"
        case nameNotFound = "NameNotFound"
        case noClusterDNS = "NoClusterDNS"
        case nodeWithoutAddress = "NodeWithoutAddress"
        /// Of a connection that exists: its pod has gone.
        case podGone = "PodGone"
    }

    /// Which of the two policies was asked, or why none.
    package enum Scope: String, Hashable, Sendable {
        case internalPolicy = "InternalTrafficPolicy"
        case externalPolicy = "ExternalTrafficPolicy"
        /// From a pod to an external address of a Local Service: as if it had gone out and come back to a node with
        /// endpoints.
        case podToExternal = "PodToExternalAddress"
        /// The same from the node itself.
        case nodeToExternal = "NodeToExternalAddress"
    }

    /// Why the pod sees the node's address instead of the client's.
    package enum Masquerade: String, Hashable, Sendable {
        case all = "MasqueradeAll"
        case sourceIsNoPod = "SourceIsNoPod"
        case externalCluster = "ExternalTrafficPolicyCluster"
        case fromNode = "FromNodeToExternalAddress"
        /// The pod was sent to itself.
        case hairpin = "Hairpin"
    }

    package enum Affinity: String, Hashable, Sendable {
        /// The Service has none.
        case none = "None"
        case begun = "Begun"
        case kept = "Kept"
    }

    /// Which node a packet from outside, or from a balancer, comes to.
    package struct NodeChoice: Hashable, Sendable {
        package enum Exclusion: String, Hashable, Sendable {
            case notReady = "NodeNotReady"
            case excluded = "ExcludedFromBalancers"
            /// Its health-check node port says 503: the policy is Local and the node has no ready endpoint.
            case unhealthy = "NoReadyLocalEndpoint"
            case noAddress = "NoAddressOfFamily"
        }

        /// nil where the network outside routes the address (`externalIPs`): no health is checked then.
        package let balancer: IPAddress?
        package let nodes: [String]
        package let excluded: [String: Exclusion]
    }

    package let packet: Packet
    /// The address the packet starts with.
    package internal(set) var source: IPAddress?
    /// Where it goes after the name has been looked up.
    package internal(set) var destination: Socket?
    package internal(set) var lookup: NameLookup?
    package internal(set) var nodeChoice: NodeChoice?
    /// The node whose rules decide.
    package internal(set) var node: String?
    package internal(set) var servicePort: ServicePort?
    package internal(set) var access: RoutingTable.Access?
    package internal(set) var scope: Scope?
    package internal(set) var pool: EndpointPool?
    package internal(set) var affinity = Affinity.none
    package internal(set) var chosen: Endpoint?
    package internal(set) var masquerade: Masquerade?
    /// The address that whoever gets the packet sees as its source.
    package internal(set) var sourceSeen: IPAddress?
    /// The packet belongs to a connection that was translated before.
    package internal(set) var isEstablished = false
    /// An entry of the connection table that named an endpoint which no longer serves was removed first (UDP).
    package internal(set) var flushed: Socket?
    package internal(set) var outcome = Outcome.leavesCluster

    init(_ packet: Packet) { self.packet = packet }

    /// The endpoints that could have been chosen.
    package var candidates: [Endpoint] {
        guard let servicePort, let pool else { return [] }
        return pool.members.map { servicePort.endpoints[$0] }
    }

    /// Whether the destination was replaced on the way.
    package var isTranslated: Bool { chosen != nil }
}
