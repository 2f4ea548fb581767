import FairleadClient
import FairleadModel

/// Keeps a finalizer on objects that are in use: adds it unless the object is being deleted, and removes it once the
/// object is being deleted and not in use.
struct Protection: Sendable {
    let resource: GroupVersionResource
    let finalizer: String
    let client: any ObjectClient
    let lister: Lister
    /// Called only for objects that are being deleted.
    let isInUse: @Sendable (StoredObject) async throws(APIStatus) -> Bool

    func reconcile(_ name: ObjectName) async throws(APIStatus) {
        guard let object = lister.get(name) else { return }
        let isProtected = object.value.finalizers.contains(finalizer)
        let patch: Value
        if object.value.deletionTimestamp == nil {
            if isProtected { return }
            patch = FinalizerPatch.adding(finalizer, to: object.value)
        } else {
            guard isProtected, try await !isInUse(object) else { return }
            patch = FinalizerPatch.removing(finalizer, from: object.value)
        }
        try await ignoringNotFound(
            await client.patch(resource, namespace: name.namespace, name: name.name, patch))
    }
}
