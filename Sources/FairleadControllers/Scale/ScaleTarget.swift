package import FairleadClient
package import FairleadModel

/// An object that can be scaled, found by a reference to it.
package struct ScaleTarget: Sendable {
    package enum Failure: Error, Sendable {
        /// The reference is to something that cannot exist.
        case unknown(String)
        case refused(APIStatus)

        package var message: String {
            switch self {
            case .unknown(let message): message
            case .refused(let status): status.message
            }
        }
    }

    package let resource: GroupVersionResource
    package let object: Value
    private let replicasPath: [String]
    /// The selector of its pods; empty if it is unknown.
    package let selector: String

    package var replicas: Int64 { object.at(replicasPath[...])?.int ?? 0 }

    /// - Parameter reference: has apiVersion, kind and name.
    package init(
        _ reference: Value, namespace: String, client: any ObjectClient, resources: ManagedResources
    ) async throws(Failure) {
        let version = reference["apiVersion"]?.string ?? ""
        let kind = reference["kind"]?.string ?? ""
        let parts = version.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 {
            throw .unknown(
                "invalid API version in scale target reference: unexpected GroupVersion string: \(version)")
        }
        let group = parts.count == 2 ? String(parts[0]) : ""
        guard let managed = resources.resource(group: group, kind: kind) else {
            let place = group.isEmpty ? "version \(version.goQuoted)" : "group \(group.goQuoted)"
            throw .unknown(
                "unable to determine resource for scale target reference: no matches for kind \(kind.goQuoted) in "
                    + place)
        }
        do throws(APIStatus) {
            let name = reference["name"]?.string ?? ""
            object = try await client.get(managed.resource, namespace: namespace, name: name)
            (replicasPath, selector) = try await Self.scale(of: object, managed.resource, client)
            resource = managed.resource
        } catch {
            throw .refused(error)
        }
    }

    /// The path of the number of replicas, and the selector of the pods.
    private static func scale(
        of object: Value, _ resource: GroupVersionResource, _ client: any ObjectClient
    ) async throws(APIStatus) -> (replicas: [String], selector: String) {
        let builtIn: [GroupVersionResource] = [.deployments, .replicaSets, .statefulSets, .replicationControllers]
        if builtIn.contains(resource) {
            return (["spec", "replicas"], Selectors.of(object)?.description ?? "")
        }
        let definition = try await ignoringNotFound(
            await client.get(
                .customResourceDefinitions, namespace: "", name: "\(resource.resource).\(resource.group)"))
        let version = definition?.items("spec", "versions").first { $0["name"]?.string == resource.version }
        guard let scale = version?.at("subresources", "scale"), let path = scale["specReplicasPath"]?.string else {
            throw APIStatus.unknownResource
        }
        func steps(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }
        let selector = scale["labelSelectorPath"]?.string.flatMap { object.at(steps($0)[...])?.string }
        return (steps(path), selector ?? "")
    }

    /// Sets the number of replicas.
    package func scale(to replicas: Int64, client: any ObjectClient) async throws(APIStatus) {
        var patch = Value.object(Object())
        patch.set(.int(replicas), at: replicasPath[...])
        _ = try await client.patch(resource, namespace: object.namespace, name: object.name, patch)
    }
}
