package import FairleadModel

/// A Node as the lab builds it.
package struct LabNode: Hashable, Sendable {
    package let name: String
    /// Its InternalIPs, then its ExternalIPs, in the order of the status.
    package let addresses: [IPAddress]
    /// The ranges of its pods' addresses.
    package let podRanges: [CIDR]
    package let isReady: Bool
    /// Whether the machine is switched off (annotation `fairlead.dev/down`).
    package let isOff: Bool
    /// Whether balancers leave it out (label `node.kubernetes.io/exclude-from-external-load-balancers`).
    package let isExcludedFromBalancers: Bool

    package init(_ node: NodeView) {
        name = node.name
        let usable = ["InternalIP", "ExternalIP"].flatMap { type in node.addresses.filter { $0.type == type } }
        var addresses: [IPAddress] = []
        for address in usable.compactMap({ IPAddress($0.address) }) where !addresses.contains(address) {
            addresses.append(address)
        }
        self.addresses = addresses
        podRanges = node.podCIDRs.compactMap { CIDR($0) }
        isReady = node.isReady
        isOff = node.annotations["fairlead.dev/down"] == "true"
        isExcludedFromBalancers = node.labels["node.kubernetes.io/exclude-from-external-load-balancers"] != nil
    }

    /// The address by which others send it packets, and which it sends from.
    package func address(isIPv4: Bool) -> IPAddress? { addresses.first { $0.isIPv4 == isIPv4 } }
}
