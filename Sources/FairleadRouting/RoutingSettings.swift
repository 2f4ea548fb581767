package import FairleadModel

/// What the objects of a cluster do not say about its network. The names are those of kube-proxy's flags where it has
/// them.
package struct RoutingSettings: Hashable, Sendable {
    /// The addresses of pods (`--cluster-cidr`): only packets from elsewhere to cluster IPs are masqueraded.
    package var clusterCIDRs: [CIDR]
    /// The ranges of cluster IPs: a packet to an address in them that no Service has is dropped.
    package var serviceCIDRs: [CIDR]
    package var clusterDomain: String
    /// `--masquerade-all`: packets to cluster IPs are masqueraded wherever they come from.
    package var masqueradesAll: Bool
    /// `--nodeport-addresses`: which addresses of a node answer on node ports. Empty means all.
    package var nodePortAddresses: [CIDR]

    package init(
        clusterCIDRs: [CIDR], serviceCIDRs: [CIDR], clusterDomain: String = "cluster.local",
        masqueradesAll: Bool = false, nodePortAddresses: [CIDR] = []
    ) {
        self.clusterCIDRs = clusterCIDRs
        self.serviceCIDRs = serviceCIDRs
        self.clusterDomain = clusterDomain
        self.masqueradesAll = masqueradesAll
        self.nodePortAddresses = nodePortAddresses
    }

    func isPodAddress(_ address: IPAddress) -> Bool { clusterCIDRs.contains { $0.contains(address) } }

    func takesNodePorts(_ address: IPAddress) -> Bool {
        nodePortAddresses.isEmpty || nodePortAddresses.contains { $0.contains(address) }
    }
}
