/// What Services and the stand-in for a cloud say to each other: annotations, and a condition.
package enum LoadBalancerTerms {
    /// Annotation: addresses to have, separated by commas, at most one per family; beside `spec.loadBalancerIP`.
    package static let addressesAnnotation = "fairlead.dev/load-balancer-ips"
    /// Annotation: the pool to take addresses from, also one that is not assigned by itself.
    package static let poolAnnotation = "fairlead.dev/load-balancer-pool"
    /// Annotation: Services with the same key may share an address if their ports differ.
    package static let sharingAnnotation = "fairlead.dev/load-balancer-sharing-key"

    /// The condition of a Service that says why it has no address. Our own: a cloud would say it in events only.
    package static let condition = "LoadBalancerIPAllocated"
    /// Its reason when every pool that may serve the Service is used up.
    package static let exhausted = "NoAddressAvailable"
    /// Its reason when what the Service asks for cannot be given.
    package static let refused = "AddressRefused"
}
