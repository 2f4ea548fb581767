package import FairleadModel
package import FairleadRouting

/// What a proxy is told by its flags.
package struct ProxySettings: Sendable {
    /// The node whose rules these are. There need not be an object of it yet.
    package var node: String
    /// The pod CIDRs, node port addresses and `--masquerade-all`. The ranges of cluster IPs are not looked at.
    package var routing: RoutingSettings
    /// The ranges of cluster IPs; nil: those of the cluster's ServiceCIDR objects.
    package var serviceCIDRs: [CIDR]?
    /// The least time from the beginning of one transaction to the next. What happens meanwhile goes into one.
    package var pause = Duration.milliseconds(2)

    package init(node: String, routing: RoutingSettings, serviceCIDRs: [CIDR]? = nil) {
        self.node = node
        self.routing = routing
        self.serviceCIDRs = serviceCIDRs
    }
}
