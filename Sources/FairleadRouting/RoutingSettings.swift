package import FairleadModel

/// The network settings that are not in the cluster's objects. They are named after kube-proxy's flags where it has
/// them.
package struct RoutingSettings: Hashable, Sendable {
    /// The pod CIDRs (`--cluster-cidr`): packets to cluster IPs are masqueraded only if they come from elsewhere.
    package var clusterCIDRs: [CIDR]
    /// The ranges of cluster IPs: packets to addresses in them that belong to no Service are dropped.
    package var serviceCIDRs: [CIDR]
    package var clusterDomain: String
    /// `--masquerade-all`: packets to cluster IPs are masqueraded regardless of their source.
    package var masqueradesAll: Bool
    /// `--nodeport-addresses`: which addresses of a node accept packets to node ports. Empty means all.
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
