import FairleadAPI
import FairleadAuthorization
import FairleadKinds
import FairleadModel

/// Sees to it that the default roles and bindings are there: what is missing is created at once, in one transaction;
/// what is there and lacks something is completed afterwards.
struct DefaultRoleInstaller: Sendable {
    let api: API

    private static let manager = "kube-apiserver"

    /// Creates those that are missing.
    func install() async throws(APIStatus) {
        try await api.seed(DefaultRoles.objects, version: "v1", manager: Self.manager)
    }

    /// Adds what is missing in those that are there. Writes nothing if nothing is.
    ///
    /// - Parameter report: called for those that cannot be completed.
    func reconcile(report: @Sendable (_ what: String, APIStatus) -> Void) async {
        let snapshot = api.store.current
        for (key, expected) in DefaultRoles.objects {
            guard let existing = snapshot.object(key),
                let change = RoleReconciliation.change(of: existing.value, toward: expected)
            else { continue }
            do throws(APIStatus) {
                try await carryOut(change, key)
            } catch {
                report(key.description, error)
            }
        }
    }

    private func carryOut(_ change: RoleReconciliation.Change, _ key: ObjectKey) async throws(APIStatus) {
        let resource = GroupVersionResource(group: key.resource.group, version: "v1", resource: key.resource.resource)
        guard let kind = api.kinds.anyKind(resource) else { throw .unknownResource }
        let options = WriteOptions(fieldManager: Self.manager)
        switch change {
        case .update(let object):
            _ = try await api.update(
                kind, namespace: key.namespace, name: key.name, try api.normalized(object, as: kind), options: options)
        case .replace(let object):
            _ = try await api.delete(kind, namespace: key.namespace, name: key.name)
            _ = try await api.create(
                kind, namespace: key.namespace, try api.normalized(object, as: kind), options: options)
        }
    }
}
