/// The terms between Services and the stand-in for a cloud provider: annotations, and a condition.
package enum LoadBalancerTerms {
    /// Annotation: the requested addresses, separated by commas, at most one per family; in addition to
    /// `spec.loadBalancerIP`.
    package static let addressesAnnotation = "fairlead.dev/load-balancer-ips"
    /// Annotation: the pool to take addresses from, including a pool that is not assigned automatically.
    package static let poolAnnotation = "fairlead.dev/load-balancer-pool"
    /// Annotation: Services with the same key may share an address if their ports differ.
    package static let sharingAnnotation = "fairlead.dev/load-balancer-sharing-key"

    /// A Service's condition that says why it has no address. It is our own: a cloud provider would only report it in
    /// events.
    package static let condition = "LoadBalancerIPAllocated"
    /// Its reason if every pool that may serve the Service is exhausted.
    package static let exhausted = "NoAddressAvailable"
    /// Its reason if the Service's request cannot be satisfied.
    package static let refused = "AddressRefused"
}
