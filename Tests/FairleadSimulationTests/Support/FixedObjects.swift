import FairleadModel
import Synchronization

@testable import FairleadSimulation

/// Objects that a test says are there.
final class FixedObjects: ClusterObjects {
    private let all = Mutex<[String: Value]>([:])

    init(_ objects: Value...) { for object in objects { put(object) } }

    func put(_ object: Value) { all.withLock { $0["\(object.kind) \(object.namespace)/\(object.name)"] = object } }

    func remove(_ kind: String, _ namespace: String, _ name: String) {
        all.withLock { _ = $0.removeValue(forKey: "\(kind) \(namespace)/\(name)") }
    }

    private func get(_ kind: String, _ namespace: String, _ name: String) -> Value? {
        all.withLock { $0["\(kind) \(namespace)/\(name)"] }
    }

    func configMap(namespace: String, name: String) -> Value? { get("ConfigMap", namespace, name) }
    func secret(namespace: String, name: String) -> Value? { get("Secret", namespace, name) }
    func claim(namespace: String, name: String) -> Value? { get("PersistentVolumeClaim", namespace, name) }
    func node(_ name: String) -> Value? { get("Node", "", name) }
    func pod(namespace: String, name: String) -> Value? { get("Pod", namespace, name) }
    func services(in namespace: String) -> [Value] {
        all.withLock { $0.values.filter { $0.kind == "Service" && $0.namespace == namespace } }.sorted {
            $0.name < $1.name
        }
    }

    static func object(_ kind: String, _ name: String, namespace: String = "n", _ more: Object = [:]) -> Value {
        var object = more
        object["apiVersion"] = "v1"
        object["kind"] = .string(kind)
        var metadata: Object = ["name": .string(name), "uid": .string("uid-\(name)")]
        if !namespace.isEmpty { metadata["namespace"] = .string(namespace) }
        object["metadata"] = .object(metadata)
        return .object(object)
    }

    static func configMap(_ name: String, _ data: Value) -> Value { object("ConfigMap", name, ["data": data]) }

    /// Of texts that are not encoded.
    static func secret(_ name: String, _ data: [String: String]) -> Value {
        object("Secret", name, ["data": Value(data.mapValues { Base64.encode(Array($0.utf8)[...]) })])
    }
}
