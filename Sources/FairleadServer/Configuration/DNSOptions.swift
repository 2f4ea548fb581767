package import FairleadDNS

/// What can be set about the cluster DNS.
package struct DNSOptions: Sendable {
    package var listen: DNSAddress
    /// Whether the address was asked for: a server without DNS will not do then.
    package var isRequired: Bool
    package var forward: DNSAddress?
    /// The largest answer by UDP; nil for what clients may be trusted with.
    package var udpSize: Int?
    /// Seconds.
    package var ttl: UInt32 = 5
    package var rotates = false
    package var podNames = ZoneSettings.PodNames.insecure
    /// Without ready kube-dns pods nobody answers. Without meaning where there are no machines.
    package var followsPods = true

    package init(listen: DNSAddress, isRequired: Bool) {
        self.listen = listen
        self.isRequired = isRequired
    }
}
