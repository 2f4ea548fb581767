package import FairleadModel

/// The Service that holds an address or a port.
package struct ServiceOwner: Hashable, Sendable {
    package let namespace: String
    package let name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    package init(_ service: Value) { self.init(namespace: service.namespace, name: service.name) }

    /// The reference as it appears in IPAddress objects; empty fields are omitted.
    var reference: Value {
        var reference: Value = ["resource": "services"]
        if !namespace.isEmpty { reference["namespace"] = .string(namespace) }
        if !name.isEmpty { reference["name"] = .string(name) }
        return reference
    }

    /// Whether a claim (an IPAddress or a node-port claim) is this Service's.
    package func holds(_ claim: Value) -> Bool {
        guard let reference = claim.at("spec", "parentRef") else { return false }
        return reference.text("resource") == "services" && reference.text("group").isEmpty
            && reference.text("namespace") == namespace && reference.text("name") == name
    }
}

/// Why an address or a port is not available, in the words of Kubernetes' allocators.
struct AllocationFailure: Error {
    let message: String
}
