import FairleadAdmission
import FairleadKinds
import FairleadModel
import FairleadStorage

extension API {
    /// The plugin PodSecurity, if it is on.
    func podSecurity(
        _ object: Value, old: Value?, _ kind: Kind, subresource: String?, _ snapshot: Snapshot, _ notes: AdmissionNotes?
    ) throws(APIStatus) -> [String] {
        guard configuration.plugins.contains(.podSecurity) else { return [] }
        return try PodSecurityAdmission.admit(object, old: old, kind, subresource: subresource, snapshot, notes)
    }
}

/// The admission plugin PodSecurity: see `PodSecurity`.
enum PodSecurityAdmission {
    private static let pods = GroupResource(group: "", resource: "pods")
    private static let namespaces = GroupResource(group: "", resource: "namespaces")

    /// - Parameter old: nil for a creation.
    /// - Returns: warnings for the client.
    /// - Throws: 403 for a pod, 422 for the labels of a namespace.
    static func admit(
        _ object: Value, old: Value?, _ kind: Kind, subresource: String?, _ snapshot: Snapshot, _ notes: AdmissionNotes?
    ) throws(APIStatus) -> [String] {
        let resource = kind.groupResource
        if resource == namespaces {
            return subresource == nil ? try admitNamespace(object, old: old, kind, snapshot) : []
        }
        let isPod = resource == pods
        guard
            isPod
                ? subresource == nil || subresource == "ephemeralcontainers" || subresource == "resize"
                : subresource == nil && PodSecurity.hasTemplate(resource)
        else { return [] }
        let key = ObjectKey(namespaces, namespace: "", name: object.namespace)
        guard let namespace = snapshot.object(key)?.value else { return [] }
        let outcome =
            isPod
            ? PodSecurity.review(pod: object, old: old, namespace: namespace)
            : PodSecurity.review(workload: object, resource, namespace: namespace)
        if let notes {
            for (name, value) in outcome.auditAnnotations { notes.annotate(name, value) }
        }
        if let denial = outcome.denial { throw .forbidden(resource, name: object.name, denial) }
        return outcome.warnings
    }

    private static func admitNamespace(
        _ namespace: Value, old: Value?, _ kind: Kind, _ snapshot: Snapshot
    ) throws(APIStatus) -> [String] {
        if let old, old.at("metadata", "labels") == namespace.at("metadata", "labels") { return [] }
        let errors = PodSecurity.errors(ofNamespace: namespace, old: old)
        if !errors.isEmpty { throw kind.invalid(namespace.name, errors) }
        guard let old else { return [] }
        return PodSecurity.warnings(forNamespace: namespace, old: old) {
            snapshot.objects(pods, namespace: namespace.name).map(\.value)
        }
    }
}
