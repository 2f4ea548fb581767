import FairleadKinds
import FairleadAPI
import FairleadClient
import FairleadModel
import FairleadStorage

/// The API for controllers, simulated machines and bootstrap: the same verbs and checks as over HTTP, but without
/// serialization. Lists and watches share the store's objects.
struct LoopbackClient: ObjectClient, PodBinder {
    let api: API
    /// The field manager of all writes.
    var manager = "kube-controller-manager"

    func get(_ resource: GroupVersionResource, namespace: String, name: String) async throws(APIStatus) -> Value {
        let kind = try kind(resource)
        return kind.presented(try api.store.current.existing(kind, namespace: namespace, name: name).value)
    }

    func list(_ resource: GroupVersionResource, namespace: String?) async throws(APIStatus) -> ObjectList {
        let kind = try kind(resource)
        let snapshot = api.store.current
        let objects = Array(snapshot.objects(kind.info.storage, namespace: namespace, after: nil))
        return ObjectList(objects: objects, revision: snapshot.revision)
    }

    func watch(_ resource: GroupVersionResource, after revision: Int64) async throws(APIStatus) -> any ObjectWatch {
        let kind = try kind(resource)
        do {
            return LoopbackWatch(
                cursor: try api.store.watch(kind.info.storage, after: revision), store: api.store,
                resource: kind.info.storage)
        } catch {
            throw error.status(kind.groupResource, name: "")
        }
    }

    func create(
        _ resource: GroupVersionResource, namespace: String, _ object: Value
    ) async throws(APIStatus) -> Value {
        let kind = try kind(resource)
        return try await api.create(
            kind, namespace: namespace, try api.normalized(object, as: kind),
            options: WriteOptions(fieldManager: manager)
        ).object
    }

    func update(
        _ resource: GroupVersionResource, _ object: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        let kind = try kind(resource)
        return try await api.update(
            kind, namespace: object.namespace, name: object.name, try api.normalized(object, as: kind),
            scope: scope(subresource), options: WriteOptions(fieldManager: manager)
        ).object
    }

    func patch(
        _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        let kind = try kind(resource)
        return try await api.patch(
            kind, namespace: namespace, name: name, PatchRequest(merging: patch), scope: scope(subresource),
            options: WriteOptions(fieldManager: manager)
        ).object
    }

    func delete(
        _ resource: GroupVersionResource, namespace: String, name: String, options: DeleteOptions
    ) async throws(APIStatus) {
        var deletion = DeletionOptions()
        deletion.uid = options.uid
        deletion.resourceVersion = options.resourceVersion
        deletion.gracePeriodSeconds = options.gracePeriodSeconds.map(Int64.init)
        deletion.propagation = options.propagationPolicy.flatMap(DeletionOptions.Propagation.init(rawValue:))
        _ = try await api.delete(try kind(resource), namespace: namespace, name: name, options: deletion)
    }

    func bind(namespace: String, pod: String, to node: String, uid: String?) async throws(APIStatus) {
        var binding: Value = [
            "metadata": ["name": .string(pod), "namespace": .string(namespace)],
            "target": ["kind": "Node", "name": .string(node)],
        ]
        if let uid { binding.set(.string(uid), at: "metadata", "uid") }
        try await api.bind(namespace: namespace, name: pod, binding, pods: try kind(.pods))
    }

    private func kind(_ resource: GroupVersionResource) throws(APIStatus) -> Kind {
        guard let kind = api.kinds.anyKind(resource) else { throw .unknownResource }
        return kind
    }

    private func scope(_ subresource: String?) -> API.UpdateScope { subresource.map { .subresource($0) } ?? .main }
}
