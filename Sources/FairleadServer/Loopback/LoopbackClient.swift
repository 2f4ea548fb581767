import FairleadKinds
import FairleadAPI
import FairleadAuthorization
import FairleadClient
import FairleadModel
import FairleadStorage

/// The API for controllers, simulated machines and bootstrap: the same verbs and checks as over HTTP, but without
/// serialization. Lists and watches share the store's objects.
struct LoopbackClient: ObjectClient, PodBinder {
    let api: API
    /// The field manager of all writes.
    var manager = "kube-controller-manager"
    /// As whom it writes: admission and audit see it.
    var identity = ComponentIdentity.apiServer
    /// Called with every request but lists and watches, which controllers share. Nothing is authorized here: parts of
    /// this program do what they were written to do, and their roles are tested.
    var onRequest: (@Sendable (AccessAttributes) -> Void)?

    /// The same client for a controller.
    func acting(as controller: String) -> LoopbackClient {
        var other = self
        other.identity = ComponentIdentity.of(controller)
        return other
    }

    /// - Parameters:
    ///   - object: what is written; nil to look at what is there.
    ///   - sent: what is sent, if that is not the object itself.
    private func request(
        _ verb: String, _ resource: GroupVersionResource, _ subresource: String? = nil, namespace: String, name: String,
        _ object: Value? = nil, sent: Value? = nil
    ) -> LoopbackRequest {
        let user = identity.user(resource, name: name) {
            let key = ObjectKey(resource.groupResource, namespace: namespace, name: name)
            return object?["spec"] == nil ? api.store.current.object(key)?.value : object
        }
        var requester = Requester(user)
        requester.isComponent = true
        guard onRequest != nil || api.auditor != nil else { return LoopbackRequest(requester: requester, trail: nil) }
        let wanted = AccessAttributes(
            user: user, verb: verb,
            AccessAttributes.Resource(
                group: resource.group, version: resource.version, resource: resource.resource,
                subresource: subresource ?? "", namespace: namespace,
                name: verb == "create" && subresource == nil ? "" : name))
        onRequest?(wanted)
        return LoopbackRequest(
            requester: requester,
            trail: api.auditor?.component(wanted, agent: manager, sent ?? object, notes: requester.notes))
    }

    private func options(_ requester: Requester) -> WriteOptions {
        WriteOptions(fieldManager: manager, requester: requester)
    }

    func get(_ resource: GroupVersionResource, namespace: String, name: String) async throws(APIStatus) -> Value {
        let request =
            onRequest == nil && api.auditor == nil
            ? nil : self.request("get", resource, namespace: namespace, name: name)
        do throws(APIStatus) {
            let kind = try kind(resource)
            let object = kind.presented(try api.store.current.existing(kind, namespace: namespace, name: name).value)
            request?.trail?.end(200, object)
            return object
        } catch {
            request?.trail?.end(error)
            throw error
        }
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
        let request = request("create", resource, namespace: namespace, name: object.name, object)
        return try await request.answer(201) { (requester) async throws(APIStatus) in
            try await api.create(
                kind, namespace: namespace, try api.normalized(object, as: kind), options: options(requester)
            ).object
        }
    }

    func update(
        _ resource: GroupVersionResource, _ object: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        let kind = try kind(resource)
        let request = request("update", resource, subresource, namespace: object.namespace, name: object.name, object)
        return try await request.answer { (requester) async throws(APIStatus) in
            try await api.update(
                kind, namespace: object.namespace, name: object.name, try normalized(object, as: kind, subresource),
                scope: scope(subresource), options: options(requester)
            ).object
        }
    }

    func patch(
        _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        let kind = try kind(resource)
        let request = request("patch", resource, subresource, namespace: namespace, name: name, sent: patch)
        return try await request.answer { (requester) async throws(APIStatus) in
            try await api.patch(
                kind, namespace: namespace, name: name, PatchRequest(merging: patch), scope: scope(subresource),
                options: options(requester)
            ).object
        }
    }

    func delete(
        _ resource: GroupVersionResource, namespace: String, name: String, options: DeleteOptions
    ) async throws(APIStatus) {
        var deletion = DeletionOptions()
        deletion.uid = options.uid
        deletion.resourceVersion = options.resourceVersion
        deletion.gracePeriodSeconds = options.gracePeriodSeconds.map(Int64.init)
        deletion.propagation = options.propagationPolicy.flatMap(DeletionOptions.Propagation.init(rawValue:))
        let kind = try kind(resource)
        let request = request("delete", resource, namespace: namespace, name: name)
        _ = try await request.answer { [deletion] (requester) async throws(APIStatus) in
            var deletion = deletion
            deletion.requester = requester
            return try await api.delete(kind, namespace: namespace, name: name, options: deletion).object
        }
    }

    func bind(namespace: String, pod: String, to node: String, uid: String?) async throws(APIStatus) {
        var binding: Value = [
            "metadata": ["name": .string(pod), "namespace": .string(namespace)],
            "target": ["kind": "Node", "name": .string(node)],
        ]
        if let uid { binding.set(.string(uid), at: "metadata", "uid") }
        var scheduler = self
        scheduler.identity = .scheduler
        let pods = try kind(.pods)
        let request = scheduler.request("create", .pods, "binding", namespace: namespace, name: pod, binding)
        _ = try await request.answer(201) { [binding] (requester) async throws(APIStatus) in
            try await api.bind(namespace: namespace, name: pod, binding, pods: pods, options: options(requester))
            return binding
        }
    }

    /// Normalises only what differs from the stored object, such as the status: the rest has been when it was written.
    private func normalized(
        _ object: Value, as kind: Kind, _ subresource: String?
    ) throws(APIStatus) -> Value {
        guard subresource == "status", kind.custom == nil, kind.conversion == nil,
            let stored = api.store.current.object(kind.key(namespace: object.namespace, name: object.name))?.value,
            let members = object.object?.members
        else { return try api.normalized(object, as: kind) }
        let isStored = members.map { member in stored[member.key].map { $0 == member.value } ?? false }
        let changed = zip(members, isStored).filter { !$1 || Self.typeFields.contains($0.key) }.map(\.0)
        var result = try api.normalized(.object(Object(sortedUnique: changed)), as: kind)
        for (member, isStored) in zip(members, isStored) where isStored { result[member.key] = member.value }
        return result
    }

    private static let typeFields: Set<String> = ["apiVersion", "kind"]

    private func kind(_ resource: GroupVersionResource) throws(APIStatus) -> Kind {
        guard let kind = api.kinds.anyKind(resource) else { throw .unknownResource }
        return kind
    }

    private func scope(_ subresource: String?) -> API.UpdateScope { subresource.map { .subresource($0) } ?? .main }
}
