package import FairleadModel

/// The objects whose existence is the claim to an address or a port. Whoever creates the key holds it.
package enum AllocationClaims {
    package static let ipAddresses = GroupResource(group: "networking.k8s.io", resource: "ipaddresses")
    package static let services = GroupResource(group: "", resource: "services")
    static let serviceCIDRs = GroupResource(group: "networking.k8s.io", resource: "servicecidrs")
    /// Node ports have no kind of their own in Kubernetes; these objects are never served.
    package static let nodePorts = GroupResource(group: "fairlead.internal", resource: "nodeports")

    static func key(_ address: IPAddress) -> ObjectKey {
        ObjectKey(ipAddresses, namespace: "", name: address.description)
    }

    static func key(nodePort: Int) -> ObjectKey {
        ObjectKey(nodePorts, namespace: "", name: String(nodePort))
    }

    /// An IPAddress (KEP-1880).
    static func claim(_ address: IPAddress, for owner: ServiceOwner, _ environment: Environment) -> Value {
        var claim: Value = [
            "kind": "IPAddress", "apiVersion": "networking.k8s.io/v1",
            "metadata": .object(metadata(address.description, environment)),
            "spec": ["parentRef": owner.reference],
        ]
        let labels: Value = [
            "ipaddress.kubernetes.io/ip-family": .string(address.family),
            "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
        ]
        claim.set(labels, at: "metadata", "labels")
        return claim
    }

    static func claim(nodePort: Int, for owner: ServiceOwner, _ environment: Environment) -> Value {
        [
            "kind": "NodePortClaim", "apiVersion": "fairlead.internal/v1",
            "metadata": .object(metadata(String(nodePort), environment)),
            "spec": ["parentRef": owner.reference],
        ]
    }

    private static func metadata(_ name: String, _ environment: Environment) -> Object {
        [
            "name": .string(name), "uid": .string(environment.newUID()),
            "creationTimestamp": .string(environment.now().rfc3339),
        ]
    }
}
