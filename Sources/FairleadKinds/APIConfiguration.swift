package import FairleadKindRules
package import FairleadModel

/// The settings of the cluster that the API acts for.
package struct APIConfiguration: Sendable {
    /// One range or a dual-stack pair; the first determines the primary family. kube-apiserver's
    /// `--service-cluster-ip-range`.
    package var serviceClusterIPRanges: [CIDR]
    /// kube-apiserver's `--service-node-port-range`.
    package var nodePortRange: ClosedRange<Int>
    package var clusterDomain: String
    /// Whether containers may request `privileged` (kube-apiserver's `--allow-privileged`; on, as in kubeadm and kind).
    package var allowsPrivileged: Bool
    /// The built-in admission that is on.
    package var plugins: AdmissionPlugins

    package init(
        serviceClusterIPRanges: [CIDR], nodePortRange: ClosedRange<Int> = 30000...32767,
        clusterDomain: String = "cluster.local", allowsPrivileged: Bool = true, plugins: AdmissionPlugins = .standard
    ) {
        self.serviceClusterIPRanges = serviceClusterIPRanges
        self.nodePortRange = nodePortRange
        self.clusterDomain = clusterDomain
        self.allowsPrivileged = allowsPrivileged
        self.plugins = plugins
    }
}
