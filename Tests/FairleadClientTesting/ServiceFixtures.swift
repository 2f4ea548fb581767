package import FairleadModel

/// Objects for the tests of Services' controllers, with what the API server would have filled in.
package enum ServiceFixture {
    package static func service(
        _ name: String = "s", selector: Value? = ["app": "a"], ports: [Value] = [["port": 80, "protocol": "TCP"]],
        spec extra: [(String, Value)] = [], labels: Value? = nil
    ) -> Value {
        var spec: Object = [
            "type": "ClusterIP", "clusterIP": "10.96.0.9", "ipFamilies": ["IPv4"], "ports": .array(ports),
        ]
        spec["selector"] = selector
        for (key, value) in extra { spec[key] = value }
        var metadata: Object = [
            "name": .string(name), "namespace": "ns", "uid": .string("uid-\(name)"),
            "creationTimestamp": "2026-01-01T00:00:00Z",
        ]
        metadata["labels"] = labels
        return ["apiVersion": "v1", "kind": "Service", "metadata": .object(metadata), "spec": .object(spec)]
    }

    package static func pod(
        _ name: String, ip: String? = "10.0.0.1", ready: Bool = true, node: String = "n1",
        labels: Value = ["app": "a"], spec extra: [(String, Value)] = [], terminating: Bool = false,
        phase: String = "Running"
    ) -> Value {
        var spec: Object = ["nodeName": .string(node), "containers": [["name": "c"]]]
        for (key, value) in extra { spec[key] = value }
        var status: Object = [
            "phase": .string(phase), "conditions": [["type": "Ready", "status": ready ? "True" : "False"]],
        ]
        if let ip {
            status["podIP"] = .string(ip)
            status["podIPs"] = [["ip": .string(ip)]]
        }
        var metadata: Object = [
            "name": .string(name), "namespace": "ns", "uid": .string("uid-\(name)"), "labels": labels,
        ]
        if terminating { metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z" }
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": .object(metadata), "spec": .object(spec),
            "status": .object(status),
        ]
    }

    package static func node(
        _ name: String = "n1", zone: String? = nil, ready: String? = "True", taints: [Value] = [],
        heartbeat: String = "2026-01-01T00:00:00Z"
    ) -> Value {
        var metadata: Object = ["name": .string(name), "uid": .string("uid-\(name)")]
        if let zone { metadata["labels"] = ["topology.kubernetes.io/zone": .string(zone)] }
        var spec = Object()
        if !taints.isEmpty { spec["taints"] = .array(taints) }
        var status = Object()
        if let ready {
            status["conditions"] = [
                ["type": "Ready", "status": .string(ready), "lastHeartbeatTime": .string(heartbeat)]
            ]
        }
        return [
            "apiVersion": "v1", "kind": "Node", "metadata": .object(metadata), "spec": .object(spec),
            "status": .object(status),
        ]
    }

    package static func stored(_ resource: GroupVersionResource, _ value: Value, revision: Int64 = 1) -> StoredObject {
        StoredObject(
            key: ObjectKey(resource.groupResource, namespace: value.namespace, name: value.name),
            document: Document(value), revision: revision, createRevision: 1)
    }

    package static let environment = Environment(
        now: { Timestamp(seconds: 1_767_225_600) }, newUID: { "new-uid" }, randomSuffix: { _ in "xxxxx" })
}
