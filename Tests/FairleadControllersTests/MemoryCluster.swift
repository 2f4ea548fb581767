import FairleadClient
import FairleadModel
import Synchronization

/// An API server without schema and admission, in memory: enough for controllers to work against each other.
final class MemoryCluster: ObjectClient {
    private struct State {
        var revision: Int64 = 0
        var objects: [GroupVersionResource: [ObjectName: StoredObject]] = [:]
        var history: [(resource: GroupVersionResource, event: WatchEvent)] = []
        var watches: [MemoryWatch] = []
        var names = 0
    }

    private let state = Mutex(State())
    private let clock = Mutex(Timestamp(seconds: 1_800_000_000))
    /// Names of pods refused by "admission".
    let refusal = Mutex<APIStatus?>(nil)

    var environment: Environment {
        Environment(
            now: { self.clock.withLock { $0 } },
            newUID: { "uid-\(self.next())" },
            randomSuffix: { _ in String(self.next()) })
    }

    func advance(seconds: Double) { clock.withLock { $0 = $0.adding(seconds: seconds) } }

    private func next() -> Int {
        state.withLock {
            $0.names += 1
            return $0.names + 10_000
        }
    }

    func all(_ resource: GroupVersionResource) -> [Value] {
        state.withLock { ($0.objects[resource] ?? [:]).values.sorted { $0.key < $1.key }.map(\.value) }
    }

    func get(_ resource: GroupVersionResource, namespace: String, name: String) async throws(APIStatus) -> Value {
        let found = state.withLock { $0.objects[resource]?[ObjectName(namespace: namespace, name: name)]?.value }
        guard let found else { throw .notFound(resource.groupResource, name: name) }
        return found
    }

    func list(_ resource: GroupVersionResource, namespace: String?) async throws(APIStatus) -> ObjectList {
        state.withLock { state in
            let objects = (state.objects[resource] ?? [:]).values.filter {
                namespace == nil || $0.key.namespace == namespace
            }
            return ObjectList(objects: objects.sorted { $0.key < $1.key }, revision: state.revision)
        }
    }

    func watch(_ resource: GroupVersionResource, after revision: Int64) async throws(APIStatus) -> any ObjectWatch {
        let watch = MemoryWatch(resource: resource)
        state.withLock { state in
            watch.push(state.history.filter { $0.resource == resource && $0.event.revision > revision }.map(\.event))
            state.watches.append(watch)
        }
        return watch
    }

    func create(_ resource: GroupVersionResource, namespace: String, _ object: Value) async throws(APIStatus) -> Value {
        if resource == .pods, let refusal = refusal.withLock({ $0 }) { throw refusal }
        var object = object
        if !namespace.isEmpty { object.namespace = namespace }
        if object.name.isEmpty { object.name = object.generateName + environment.randomSuffix(5) }
        object.uid = environment.newUID()
        object.creationTimestamp = environment.now().rfc3339
        object.generation = 1
        if resource == .pods { object.set(.string("Pending"), at: "status", "phase") }
        let name = ObjectName(namespace: namespace, name: object.name)
        let stored = state.withLock { state -> StoredObject? in
            if state.objects[resource]?[name] != nil { return nil }
            return Self.put(object, of: resource, in: &state)
        }
        guard let stored else { throw .alreadyExists(resource.groupResource, name: name.name) }
        return stored.value
    }

    func update(_ resource: GroupVersionResource, _ object: Value, subresource: String?) async throws(APIStatus)
        -> Value
    {
        try change(resource, ObjectName(namespace: object.namespace, name: object.name)) { old in
            if let version = object.resourceVersion, version != old.resourceVersion { return nil }
            var new = object
            if subresource == "status" {
                new = old
                new["status"] = object["status"]
                new.annotations = object.annotations
            } else {
                new["status"] = old["status"]
            }
            return new
        }
    }

    func patch(
        _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        try change(resource, ObjectName(namespace: namespace, name: name)) { old in
            if let version = patch.resourceVersion, version != old.resourceVersion { return nil }
            return Self.merge(old, patch)
        }
    }

    func delete(
        _ resource: GroupVersionResource, namespace: String, name: String, options: DeleteOptions
    ) async throws(APIStatus) {
        _ = try change(resource, ObjectName(namespace: namespace, name: name)) { old in
            if let uid = options.uid, uid != old.uid { return nil }
            if let version = options.resourceVersion, version != old.at("metadata", "resourceVersion")?.string {
                return nil
            }
            var new = old
            if options.propagationPolicy == "Foreground" { new.finalizers = new.finalizers + ["foregroundDeletion"] }
            if options.propagationPolicy == "Orphan" { new.finalizers = new.finalizers + ["orphan"] }
            new.set(.string(environment.now().rfc3339), at: "metadata", "deletionTimestamp")
            return new
        }
    }

    /// Nil from `body` means a conflict.
    private func change(
        _ resource: GroupVersionResource, _ name: ObjectName, _ body: (Value) -> Value?
    ) throws(APIStatus) -> Value {
        let result = state.withLock { state -> Result<Value, APIStatus> in
            guard let old = state.objects[resource]?[name]?.value else {
                return .failure(.notFound(resource.groupResource, name: name.name))
            }
            guard var new = body(old) else { return .failure(.modified(resource.groupResource, name: name.name)) }
            if new["spec"] != old["spec"] { new.generation = old.generation + 1 }
            if new.deletionTimestamp != nil, new.finalizers.isEmpty {
                return .success(Self.put(new, of: resource, in: &state, isDeletion: true).value)
            }
            new.set(old.at("metadata", "resourceVersion"), at: "metadata", "resourceVersion")
            if new == old { return .success(old) }
            return .success(Self.put(new, of: resource, in: &state).value)
        }
        return try result.get()
    }

    @discardableResult
    private static func put(
        _ value: Value, of resource: GroupVersionResource, in state: inout State, isDeletion: Bool = false
    ) -> StoredObject {
        state.revision += 1
        let key = ObjectKey(resource.groupResource, namespace: value.namespace, name: value.name)
        let isNew = state.objects[resource]?[ObjectName(key)] == nil
        let stored = StoredObject(
            key: key, document: Document(value), revision: state.revision, createRevision: state.revision)
        state.objects[resource, default: [:]][ObjectName(key)] = isDeletion ? nil : stored
        let kind: WatchEvent.Kind = isDeletion ? .deleted : isNew ? .added : .modified
        let event = WatchEvent(kind: kind, object: stored, revision: state.revision)
        state.history.append((resource, event))
        for watch in state.watches where watch.resource == resource { watch.push([event]) }
        return stored
    }

    private static func merge(_ target: Value, _ patch: Value) -> Value {
        guard case .object(let changes) = patch else { return patch }
        var result = target.object == nil ? .object(Object()) : target
        for (key, value) in changes { result[key] = value.isNull ? nil : merge(result[key] ?? .null, value) }
        return result
    }
}

private final class MemoryWatch: ObjectWatch {
    let resource: GroupVersionResource
    private let events = Mutex<[WatchEvent]>([])
    private let signal = Signal()

    init(resource: GroupVersionResource) { self.resource = resource }

    func push(_ new: [WatchEvent]) {
        if new.isEmpty { return }
        events.withLock { $0 += new }
        signal.raise()
    }

    func next() async throws(APIStatus) -> [WatchEvent] {
        while !Task.isCancelled {
            let ready = events.withLock { events in
                defer { events = [] }
                return events
            }
            if !ready.isEmpty { return ready }
            await signal.wait()
        }
        return []
    }

    func cancel() { signal.raise() }
}

/// Runs controllers against a cluster while `body` works.
func withControllers(
    _ cluster: MemoryCluster, _ make: (InformerSet) -> [any Controller], _ body: () async throws -> Void
) async throws {
    let informers = InformerSet(client: cluster)
    let controllers = make(informers)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await informers.run() }
        for controller in controllers { group.addTask { await controller.run() } }
        try await body()
        group.cancelAll()
    }
}
