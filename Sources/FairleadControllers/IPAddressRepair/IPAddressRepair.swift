import FairleadClient
import FairleadModel

/// Compares one address with the Service that should hold it, as the server has both at this moment.
struct IPAddressRepair: Sendable {
    /// An address, and the Service that has it or is last known to have had it.
    struct Suspect: Hashable, Sendable {
        var address: String
        var owner: ObjectName?
    }

    let client: any ObjectClient
    let services: Lister
    let claims: Lister
    let recorder: EventRecorder

    /// The Service that an IPAddress names; nil if it names something else.
    static func owner(of address: Value) -> ObjectName? {
        guard let parent = address.at("spec", "parentRef"), parent.text("group").isEmpty,
            parent.text("resource") == "services"
        else { return nil }
        return ObjectName(namespace: parent.text("namespace"), name: parent.text("name"))
    }

    /// The addresses of a Service in canonical form.
    static func addresses(_ service: StoredObject) -> [String] {
        ServiceView(service).clusterIPs.compactMap { IPAddress($0)?.description }
    }

    static func holds(_ service: Value, _ address: String) -> Bool {
        ServiceView(service).clusterIPs.contains { IPAddress($0)?.description == address }
    }

    /// Whether the caches agree by now: one of them lags behind the other when a Service is created or deleted.
    private func isInOrder(_ suspect: Suspect) -> Bool {
        let claim = claims.get(namespace: "", name: suspect.address)?.value
        let service = suspect.owner.flatMap { services.get($0) }?.value
        guard let service, Self.holds(service, suspect.address) else { return claim == nil }
        return claim.flatMap(Self.owner) == suspect.owner
    }

    func reconcile(_ suspect: Suspect) async throws(APIStatus) {
        if isInOrder(suspect) { return }
        let address = suspect.address
        guard let claim = try await find(.ipAddresses, ObjectName(namespace: "", name: address)) else {
            if let owner = suspect.owner { try await restore(address, for: owner) }
            return
        }
        guard IPAddressClaim.isManaged(claim) else { return }
        guard let owner = Self.owner(of: claim) else {
            return try await remove(
                claim, "IPAddress: \(address) appears to have been modified, not referencing a Service: cleaning up")
        }
        guard let service = try await find(.services, owner) else {
            return try await remove(
                claim, "IPAddress: \(address) for Service \(owner) appears to have leaked: cleaning up")
        }
        if Self.holds(service, address) { return }
        try await remove(
            claim, "IPAddress: \(address) for Service \(owner) has a wrong reference; cleaning up")
        let rightful = services.list().first { Self.holds($0.value, address) }
        if let rightful { try await restore(address, for: rightful.objectName) }
    }

    private func find(_ resource: GroupVersionResource, _ name: ObjectName) async throws(APIStatus) -> Value? {
        try await ignoringNotFound(await client.get(resource, namespace: name.namespace, name: name.name))
    }

    /// Bound to the version that was examined: a claim that has changed hands since then stays.
    private func remove(_ claim: Value, _ message: String) async throws(APIStatus) {
        let options = DeleteOptions(uid: claim.uid, resourceVersion: claim.resourceVersion.map(String.init))
        let outcome: Void? = try await ignoringNotFound(
            await client.delete(.ipAddresses, namespace: "", name: claim.name, options: options))
        if outcome == nil { return }
        recorder.event(about: claim, type: "Warning", reason: "IPAddressNotAllocated", message: message)
    }

    /// Recreates the address's claim if the Service has the address.
    private func restore(_ address: String, for owner: ObjectName) async throws(APIStatus) {
        guard let parsed = IPAddress(address), let service = try await find(.services, owner),
            Self.holds(service, address)
        else { return }
        let claim: Value = [
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
            "metadata": [
                "name": .string(address),
                "labels": .object([
                    IPAddressClaim.familyLabel: .string(parsed.family),
                    IPAddressClaim.managedByLabel: .string(IPAddressClaim.manager),
                ]),
            ],
            "spec": [
                "parentRef": [
                    "resource": "services", "namespace": .string(service.namespace), "name": .string(service.name),
                ]
            ],
        ]
        do throws(APIStatus) {
            _ = try await client.create(.ipAddresses, namespace: "", claim)
        } catch {
            // Taken in the meantime by its Service, or by somebody who was quicker.
            if error.reason == "AlreadyExists" { return }
            throw error
        }
        recorder.event(
            about: service, type: "Warning", reason: "ClusterIPNotAllocated",
            message: "Cluster IP [\(parsed.family)]: \(address) is not allocated; repairing")
    }
}
