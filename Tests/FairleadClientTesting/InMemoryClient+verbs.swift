package import FairleadClient
package import FairleadModel

extension InMemoryClient {
    package func get(
        _ resource: GroupVersionResource, namespace: String, name: String
    ) async throws(APIStatus) -> Value {
        let key = ObjectKey(resource.groupResource, namespace: namespace, name: name)
        guard let object = state.withLock({ $0.objects[key] }) else {
            throw .notFound(resource.groupResource, name: name)
        }
        return object.value
    }

    package func list(_ resource: GroupVersionResource, namespace: String?) async throws(APIStatus) -> ObjectList {
        try write("list", resource, "*") { state throws(APIStatus) in
            let objects = state.objects.values.filter {
                $0.key.resource == resource.groupResource && (namespace ?? $0.key.namespace) == $0.key.namespace
            }
            return ObjectList(objects: objects.sorted { $0.key < $1.key }, revision: state.revision)
        }
    }

    package func watch(
        _ resource: GroupVersionResource, after revision: Int64
    ) async throws(APIStatus) -> any ObjectWatch {
        try write("watch", resource, "*") { state throws(APIStatus) in
            if revision < state.oldest { throw .expired("too old resource version: \(revision)") }
            state.names += 1
            let watch = InMemoryWatch(client: self, id: state.names, resource: resource.groupResource, after: revision)
            state.watches[state.names] = watch
            return watch
        }
    }

    package func create(
        _ resource: GroupVersionResource, namespace: String, _ object: Value
    ) async throws(APIStatus) -> Value {
        try write("create", resource, "\(namespace)/\(object.name)\(object.generateName)") { state throws(APIStatus) in
            var object = object
            if object.name.isEmpty {
                state.names += 1
                object.set(.string("\(object.generateName)\(state.names)"), at: "metadata", "name")
            }
            if !namespace.isEmpty { object.set(.string(namespace), at: "metadata", "namespace") }
            let key = ObjectKey(resource.groupResource, namespace: namespace, name: object.name)
            if state.objects[key] != nil { throw .alreadyExists(resource.groupResource, name: object.name) }
            return state.store(key, object)
        }
    }

    package func update(
        _ resource: GroupVersionResource, _ object: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        try write("update", resource, "\(object.namespace)/\(object.name)") { state throws(APIStatus) in
            let key = ObjectKey(resource.groupResource, namespace: object.namespace, name: object.name)
            guard let old = state.objects[key] else { throw .notFound(resource.groupResource, name: object.name) }
            if let asked = object.resourceVersion, asked != old.revision {
                throw .modified(resource.groupResource, name: object.name)
            }
            return state.store(key, object)
        }
    }

    package func patch(
        _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        try write("patch", resource, "\(namespace)/\(name)") { state throws(APIStatus) in
            let key = ObjectKey(resource.groupResource, namespace: namespace, name: name)
            guard let old = state.objects[key] else { throw .notFound(resource.groupResource, name: name) }
            if let asked = patch.resourceVersion, asked != old.revision {
                throw .modified(resource.groupResource, name: name)
            }
            let merged = Self.merge(patch, into: old.value)
            if merged.deletionTimestamp != nil, merged.finalizers.isEmpty {
                state.remove(key)
                return merged
            }
            return state.store(key, merged)
        }
    }

    package func delete(
        _ resource: GroupVersionResource, namespace: String, name: String, options: DeleteOptions
    ) async throws(APIStatus) {
        try write("delete", resource, "\(namespace)/\(name)") { state throws(APIStatus) in
            let key = ObjectKey(resource.groupResource, namespace: namespace, name: name)
            guard let old = state.objects[key] else { throw .notFound(resource.groupResource, name: name) }
            if old.value.finalizers.isEmpty {
                state.remove(key)
            } else {
                var marked = old.value
                marked.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
                _ = state.store(key, marked)
            }
        }
    }

    private func write<Result: Sendable>(
        _ verb: String, _ resource: GroupVersionResource, _ what: String,
        _ body: (inout State) throws(APIStatus) -> Result
    ) throws(APIStatus) -> Result {
        let (result, watches) = try state.withLock { state throws(APIStatus) -> (Result, [InMemoryWatch]) in
            try state.fail("\(verb) \(resource.resource)", what)
            return (try body(&state), Array(state.watches.values))
        }
        for watch in watches { watch.wake() }
        return result
    }

    private static func merge(_ patch: Value, into value: Value) -> Value {
        guard case .object(let members) = patch else { return patch }
        var result = value.object.map { Value.object($0) } ?? .object(Object())
        for (key, change) in members {
            result[key] = change.isNull ? nil : merge(change, into: result[key] ?? .null)
        }
        return result
    }
}
