package import FairleadModel

/// What happens to a packet, and why. Cheap to create: the texts come from `RouteReport`.
package struct Decision: Sendable {
    package enum Outcome: Hashable, Sendable {
        case delivered(Socket)
        /// The client gets an error immediately: ECONNREFUSED for TCP.
        case rejected(Reason)
        /// There is no answer: the client waits until it times out.
        case dropped(Reason)
        /// There is no route, or nobody has the address.
        case unreachable(Reason)
        /// The packet leaves the cluster, which does not decide what happens outside.
        case leavesCluster
        /// kube-proxy's own response on a health check node port: 200 or 503.
        case answeredByNode(isHealthy: Bool, localEndpoints: Int)
    }

    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case noEndpoints = "NoEndpoints"
        /// The policy is Local, and only other nodes have endpoints.
        case noLocalEndpoints = "NoLocalEndpoints"
        case outsideSourceRanges = "OutsideSourceRanges"
        /// The address is a cluster IP, but the port is not one of its Service's.
        case noSuchServicePort = "NoSuchServicePort"
        case unallocatedClusterIP = "UnallocatedClusterIP"
        /// The balancer has no node to send the packet to.
        case noHealthyNode = "NoHealthyNode"
        case nothingListens = "NothingListens"
        case noPodHasAddress = "NoPodHasAddress"
        case nobodyHasAddress = "NobodyHasAddress"
        /// Pod addresses and cluster IPs are not routed outside the cluster.
        case notRoutedOutside = "NotRoutedOutside"
        case unknownSource = "UnknownSource"
        case sourceWithoutAddress = "SourceWithoutAddress"
        case nameNotFound = "NameNotFound"
        case noClusterDNS = "NoClusterDNS"
        case nodeWithoutAddress = "NodeWithoutAddress"
        /// The endpoint gets the packet, but its answer does not pass the node that translated the destination, so that
        /// the client does not recognise it.
        case answerGoesAstray = "AnswerGoesAstray"
        /// The packet belongs to a connection whose pod is gone.
        case podGone = "PodGone"
    }

    /// Which of the two traffic policies applied, or why none did.
    package enum Scope: String, Hashable, Sendable {
        case internalPolicy = "InternalTrafficPolicy"
        case externalPolicy = "ExternalTrafficPolicy"
        /// From a pod to an external address of a Service whose policy is Local: treated as if the packet had left the
        /// cluster and come back to a node with endpoints.
        case podToExternal = "PodToExternalAddress"
        /// The same, from the node itself.
        case nodeToExternal = "NodeToExternalAddress"
    }

    /// Why the pod sees the node's address instead of the client's.
    package enum Masquerade: String, Hashable, Sendable {
        case all = "MasqueradeAll"
        case sourceIsNoPod = "SourceIsNoPod"
        case externalCluster = "ExternalTrafficPolicyCluster"
        case fromNode = "FromNodeToExternalAddress"
        /// The pod was routed to itself.
        case hairpin = "Hairpin"
    }

    package enum Affinity: String, Hashable, Sendable {
        /// The Service has no session affinity.
        case none = "None"
        case begun = "Begun"
        case kept = "Kept"
    }

    package let packet: Packet
    /// The source address of the packet.
    package internal(set) var source: IPAddress?
    /// The destination, after any name lookup.
    package internal(set) var destination: Socket?
    package internal(set) var lookup: NameLookup?
    package internal(set) var nodeChoice: NodeChoice?
    /// The node whose rules apply.
    package internal(set) var node: String?
    package internal(set) var servicePort: ServicePort?
    package internal(set) var access: RoutingTable.Access?
    package internal(set) var scope: Scope?
    package internal(set) var pool: EndpointPool?
    package internal(set) var affinity = Affinity.none
    package internal(set) var chosen: Endpoint?
    package internal(set) var masquerade: Masquerade?
    /// The source address that the receiver of the packet sees.
    package internal(set) var sourceSeen: IPAddress?
    /// Whether the packet belongs to a connection that was translated before.
    package internal(set) var isEstablished = false
    /// The endpoint of a conntrack entry that was removed first because the endpoint no longer serves (UDP).
    package internal(set) var flushed: Socket?
    package internal(set) var outcome = Outcome.leavesCluster
    /// What the node that decides knows the connection by, for `ConnectionTable.end`.
    package internal(set) var flow: ConnectionTable.Flow?

    init(_ packet: Packet) { self.packet = packet }

    /// The endpoints from which one could be chosen.
    package var candidates: [Endpoint] {
        guard let servicePort, let pool else { return [] }
        return pool.members.map { servicePort.endpoints[$0] }
    }

    /// Whether the destination address was translated.
    package var isTranslated: Bool { chosen != nil }
}
