import FairleadModel

/// How names are answered: the options of CoreDNS's kubernetes plugin.
package struct ZoneSettings: Sendable {
    /// Whether names derived from addresses, `10-1-2-3.ns.pod.cluster.local`, are answered.
    package enum PodNames: String, Sendable, CaseIterable {
        /// For any address, in every existing namespace.
        case insecure
        /// For addresses of running pods in that namespace.
        case verified
        case disabled
    }

    package var domain: DomainName
    /// Seconds; also for negative answers.
    package var ttl: UInt32 = 5
    package var podNames = PodNames.insecure
    /// What the name server's own name stands for; nil for the address that received the question.
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
