import FairleadModel
import Synchronization

@testable import FairleadDNS

/// A cluster of a few objects, with the history that a store would have.
final class MemoryRecordSource: RecordSource {
    private struct State {
        var revision: Int64 = 1
        var objects: [ObjectKey: StoredObject] = [:]
        var history: [RecordChange] = []
        var oldest: Int64 = 0
        var wakes: [@Sendable () -> Void] = []
        var loads = 0
    }

    private let state = Mutex(State())

    var revision: Int64 { state.withLock { $0.revision } }
    /// How often everything has been loaded.
    var loads: Int { state.withLock { $0.loads } }

    func load(_ resources: [GroupVersionResource]) -> RecordState {
        let wanted = Set(resources.map(\.groupResource))
        return state.withLock { state in
            state.loads += 1
            return RecordState(
                revision: state.revision, objects: state.objects.values.filter { wanted.contains($0.key.resource) })
        }
    }

    func changes(_ resources: [GroupVersionResource], after: Int64, through: Int64) -> [RecordChange]? {
        state.withLock { state in
            guard after >= state.oldest else { return nil }
            return state.history.filter { $0.object.revision > after && $0.object.revision <= through }
        }
    }

    func onChange(
        of resources: [GroupVersionResource], _ wake: @escaping @Sendable () -> Void
    ) -> @Sendable () -> Void {
        state.withLock { $0.wakes.append(wake) }
        return {}
    }

    func put(_ resource: GroupVersionResource, _ object: Value) {
        commit(ObjectKey(resource.groupResource, namespace: object.namespace, name: object.name), object)
    }

    func delete(_ resource: GroupVersionResource, namespace: String, name: String) {
        commit(ObjectKey(resource.groupResource, namespace: namespace, name: name), nil)
    }

    /// History is gone, as after a compaction.
    func forget() { state.withLock { $0.oldest = $0.revision + 1 } }

    private func commit(_ key: ObjectKey, _ object: Value?) {
        let wakes = state.withLock { state in
            state.revision += 1
            if let object {
                let stored = StoredObject(
                    key: key, document: Document(object), revision: state.revision, createRevision: state.revision)
                state.objects[key] = stored
                state.history.append(RecordChange(object: stored, isDeletion: false))
            } else if let old = state.objects.removeValue(forKey: key) {
                state.history.append(
                    RecordChange(object: old.restamped(revision: state.revision), isDeletion: true))
            }
            return state.wakes
        }
        for wake in wakes { wake() }
    }
}

extension MemoryRecordSource {
    func putNamespace(_ name: String) { put(.namespaces, ["metadata": ["name": .string(name)]]) }

    func putService(_ name: String, namespace: String = "ns", _ spec: Value) {
        put(.services, ["metadata": ["name": .string(name), "namespace": .string(namespace)], "spec": spec])
    }

    func putSlice(
        _ name: String, of service: String, namespace: String = "ns", addressType: String = "IPv4", endpoints: Value,
        ports: Value = [["name": "http", "port": 80, "protocol": "TCP"]]
    ) {
        put(
            .endpointSlices,
            [
                "metadata": [
                    "name": .string(name), "namespace": .string(namespace),
                    "labels": ["kubernetes.io/service-name": .string(service)],
                ],
                "addressType": .string(addressType), "endpoints": endpoints, "ports": ports,
            ])
    }

    /// Namespaces `default` and `ns`, and a Service of each kind.
    static func cluster() -> MemoryRecordSource {
        let source = MemoryRecordSource()
        source.putNamespace("default")
        source.putNamespace("ns")
        source.putService(
            "web",
            [
                "type": "ClusterIP", "clusterIP": "10.96.0.20", "clusterIPs": ["10.96.0.20", "fd00:96::20"],
                "ports": [
                    ["name": "http", "port": 80, "protocol": "TCP"], ["name": "dns", "port": 53, "protocol": "UDP"],
                ],
            ])
        source.putSlice(
            "web-1", of: "web", endpoints: [["addresses": ["10.244.0.9"], "hostname": "w0"]],
            ports: [["name": "http", "port": 8080, "protocol": "TCP"]])
        source.putService(
            "db", ["type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"], "selector": ["app": "db"]])
        source.putSlice(
            "db-1", of: "db",
            endpoints: [
                ["addresses": ["10.244.0.1"], "hostname": "db-0"], ["addresses": ["10.244.0.2"]],
                ["addresses": ["10.244.0.3"], "conditions": ["ready": false]],
            ])
        source.putSlice("db-6", of: "db", addressType: "IPv6", endpoints: [["addresses": ["fd00::"]]])
        source.putService("ext", ["type": "ExternalName", "externalName": "www.example.com"])
        source.putService("alias", ["type": "ExternalName", "externalName": "web.ns.svc.cluster.local"])
        source.putService("none", ["type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]])
        return source
    }
}
