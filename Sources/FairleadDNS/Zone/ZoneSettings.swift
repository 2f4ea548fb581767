import FairleadModel

/// How names are answered: the options of CoreDNS's kubernetes plugin.
package struct ZoneSettings: Sendable {
    /// Whether names made of addresses, `10-1-2-3.ns.pod.cluster.local`, are answered.
    package enum PodNames: String, Sendable, CaseIterable {
        /// For every address, in every namespace that exists.
        case insecure
        /// For addresses of running pods of that namespace.
        case verified
        case disabled
    }

    package var domain: DomainName
    /// Seconds. Of negative answers too.
    package var ttl: UInt32 = 5
    package var podNames = PodNames.insecure
    /// What the name server's own name means; nil for the address that the question came to.
    package var nameServer: NameServer?

    /// The Service that the DNS is reached by.
    package struct NameServer: Sendable, Hashable {
        package var namespace: String
        package var service: String

        package init(namespace: String, service: String) {
            self.namespace = namespace
            self.service = service
        }
    }

    package init(domain: DomainName) { self.domain = domain }
}
