package import FairleadModel

/// The settings of the cluster that the API acts for.
package struct APIConfiguration: Sendable {
    /// One range, or a dual-stack pair, in the order that decides the primary family. kube-apiserver's
    /// `--service-cluster-ip-range`.
    package var serviceClusterIPRanges: [CIDR]
    /// kube-apiserver's `--service-node-port-range`.
    package var nodePortRange: ClosedRange<Int>
    package var clusterDomain: String
    /// Whether containers may ask for `privileged` (kube-apiserver's `--allow-privileged`; on, as kubeadm and kind set it).
    package var allowsPrivileged: Bool

    package init(
        serviceClusterIPRanges: [CIDR], nodePortRange: ClosedRange<Int> = 30000...32767,
        clusterDomain: String = "cluster.local", allowsPrivileged: Bool = true
    ) {
        self.serviceClusterIPRanges = serviceClusterIPRanges
        self.nodePortRange = nodePortRange
        self.clusterDomain = clusterDomain
        self.allowsPrivileged = allowsPrivileged
    }
}
