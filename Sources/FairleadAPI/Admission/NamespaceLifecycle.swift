import FairleadKinds
import FairleadModel
import FairleadStorage

/// Objects are created only in namespaces that exist and are not terminating.
enum NamespaceLifecycle {
    /// - Parameter isChecked: whether the plugin is on; without it, anything goes.
    /// - Returns: the namespace, which must not have changed when the object is created; nil for cluster-scoped kinds.
    static func admitCreate(
        in namespace: String, kind: Kind, name: String, isChecked: Bool, snapshot: Snapshot
    ) throws(APIStatus) -> StoredObject? {
        guard kind.info.isNamespaced else { return nil }
        let resource = GroupResource(group: "", resource: "namespaces")
        let key = ObjectKey(resource, namespace: "", name: namespace)
        guard let found = snapshot.object(key) else {
            if !isChecked { return nil }
            try snapshot.checkReadable(key)
            throw .notFound(resource, name: namespace)
        }
        let object = found.value
        guard isChecked, object.deletionTimestamp != nil || object.at("status", "phase") == "Terminating" else {
            return found
        }
        var status = APIStatus.forbidden(
            kind.groupResource, name: name,
            "unable to create new content in namespace \(namespace) because it is being terminated")
        status.details?.causes = [
            .init(
                reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
                field: "metadata.namespace")
        ]
        throw status
    }
}
