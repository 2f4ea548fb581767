package import FairleadDNS

/// The settings of the cluster DNS.
package struct DNSOptions: Sendable {
    package var listen: DNSAddress
    /// Whether the address was given explicitly: the server then refuses to start without DNS.
    package var isRequired: Bool
    /// Whether only the user who runs the server, and root, may ask.
    package var isForOwner = false
    package var forward: DNSAddress?
    /// The largest UDP answer; nil for a limit that depends on the client.
    package var udpSize: Int?
    /// Seconds.
    package var ttl: UInt32 = 5
    package var rotates = false
    package var podNames = ZoneSettings.PodNames.insecure
    /// Whether nothing is answered without ready kube-dns pods. Has no effect if there are no machines.
    package var followsPods = true

    package init(listen: DNSAddress, isRequired: Bool) {
        self.listen = listen
        self.isRequired = isRequired
    }
}
