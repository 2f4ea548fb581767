package import FairleadModel

/// A controller's view of the API server: the verbs, on object trees.
///
/// Guarantees: every call goes through the same pipeline as an external request (defaulting, admission, validation,
/// allocation), with the permissions of the control plane; when a write returns, it has been committed. Errors are the
/// `APIStatus` that a client would have received. Calls end promptly when their task is cancelled. Callers must not
/// hold a lock during a call. Writes are not retried here: that is up to the runner.
package protocol ObjectClient: Sendable {
    func get(_ resource: GroupVersionResource, namespace: String, name: String) async throws(APIStatus) -> Value

    /// A consistent snapshot of the resource, or of one namespace of it, with the revision it shows.
    func list(_ resource: GroupVersionResource, namespace: String?) async throws(APIStatus) -> ObjectList

    /// Every change of the resource after `revision`. Throws 410 if history no longer reaches back that far.
    func watch(_ resource: GroupVersionResource, after revision: Int64) async throws(APIStatus) -> any ObjectWatch

    /// `namespace` is empty for cluster-scoped resources.
    func create(_ resource: GroupVersionResource, namespace: String, _ object: Value) async throws(APIStatus) -> Value

    /// Namespace and name come from the object; its resourceVersion, if set, is a precondition (409).
    @discardableResult
    func update(_ resource: GroupVersionResource, _ object: Value, subresource: String?) async throws(APIStatus)
        -> Value

    /// Applies a JSON merge patch (RFC 7386).
    @discardableResult
    func patch(
        _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value, subresource: String?
    ) async throws(APIStatus) -> Value

    func delete(
        _ resource: GroupVersionResource, namespace: String, name: String, options: DeleteOptions
    ) async throws(APIStatus)
}

extension ObjectClient {
    @discardableResult
    package func update(_ resource: GroupVersionResource, _ object: Value) async throws(APIStatus) -> Value {
        try await update(resource, object, subresource: nil)
    }

    @discardableResult
    package func patch(
        _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value
    ) async throws(APIStatus) -> Value {
        try await self.patch(resource, namespace: namespace, name: name, patch, subresource: nil)
    }

    package func delete(
        _ resource: GroupVersionResource, namespace: String, name: String
    ) async throws(APIStatus) {
        try await delete(resource, namespace: namespace, name: name, options: DeleteOptions())
    }
}

/// The result of a list.
package struct ObjectList: Sendable {
    /// Shared with the server's cache; sorted by namespace and name.
    package var objects: [StoredObject]
    /// The revision that the list reflects: a watch continues from here.
    package var revision: Int64

    package init(objects: [StoredObject], revision: Int64) {
        self.objects = objects
        self.revision = revision
    }
}

/// The parts of meta/v1 DeleteOptions that controllers use.
package struct DeleteOptions: Hashable, Sendable {
    /// Preconditions: the delete is refused (409) if the object's value differs.
    package var uid: String?
    package var resourceVersion: String?
    package var gracePeriodSeconds: Int?
    /// `Foreground`, `Background` or `Orphan`.
    package var propagationPolicy: String?

    package init(
        uid: String? = nil, resourceVersion: String? = nil, gracePeriodSeconds: Int? = nil,
        propagationPolicy: String? = nil
    ) {
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.gracePeriodSeconds = gracePeriodSeconds
        self.propagationPolicy = propagationPolicy
    }
}
