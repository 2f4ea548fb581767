import FairleadModel

@testable import FairleadScheduling

/// Nodes and pods of tests.
enum Sample {
    static func node(
        _ name: String, cpu: String = "4", pods: String = "110", taints: [Value] = [], labels: [String: String] = [:],
        unschedulable: Bool = false
    ) -> Value {
        var node: Value = [
            "apiVersion": "v1", "kind": "Node",
            "metadata": ["name": .string(name)], "spec": ["taints": .array(taints)],
            "status": ["allocatable": ["cpu": .string(cpu), "memory": "8Gi", "pods": .string(pods)]],
        ]
        node.labels = labels.merging(["kubernetes.io/hostname": name]) { first, _ in first }
        if unschedulable { node.set(true, at: "spec", "unschedulable") }
        return node
    }

    static func pod(
        _ name: String, cpu: String? = nil, owner: String? = nil, labels: [String: String] = [:],
        priority: Int64 = 0, namespace: String = "default"
    ) -> Value {
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": .string(namespace), "uid": .string("uid-\(name)")],
            "spec": [
                "schedulerName": "default-scheduler", "priority": .int(priority), "containers": [["name": "c"]],
            ],
        ]
        pod.labels = labels
        if let cpu {
            pod.set([["name": "c", "resources": ["requests": ["cpu": .string(cpu)]]]], at: "spec", "containers")
        }
        if let owner {
            pod.ownerReferences = [
                OwnerReference(apiVersion: "v1", kind: "X", name: owner, uid: owner, controller: true)
            ]
        }
        return pod
    }

    static func affinityTerm(_ labels: Value, key: String = "kubernetes.io/hostname") -> Value {
        ["labelSelector": ["matchLabels": labels], "topologyKey": .string(key)]
    }

    static let required = "requiredDuringSchedulingIgnoredDuringExecution"
    static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
}

/// A cluster in memory, and what the scheduler would decide about it.
final class Cluster {
    var cache = SchedulerCache()
    var budgets: [Value] = []
    var claims: [Value] = []
    var volumes: [Value] = []
    var classes: [Value] = []

    init(_ nodes: Value...) { for node in nodes { cache.put(node: node) } }

    func place(_ pod: Value, on node: String) { cache.put(PodInfo(pod), on: node) }

    func remove(_ pod: Value) { cache.remove(pod.uid) }

    func decide(_ pod: Value, services: [[String: String]] = []) -> Decision {
        let info = PodInfo(pod)
        let (claims, volumes, classes) = (claims, volumes, classes)
        let source = VolumeNeeds.Source(
            claim: { name in claims.first { $0.name == name.name && $0.namespace == name.namespace } },
            volume: { name in volumes.first { $0.name == name } }, volumes: { volumes },
            storageClass: { name in classes.first { $0.name == name } })
        let needs = VolumeNeeds(of: pod, claims: info.claims, source)
        let pending = PendingPod(pod, info: info, volumes: needs, services: services)
        return NodeSearch.decide(pending, &cache) { budgets }
    }

    /// The node, or nil.
    func node(for pod: Value, services: [[String: String]] = []) -> String? {
        if case .node(let node, _) = decide(pod, services: services) { node } else { nil }
    }

    /// Why the pod fits nowhere; empty if it fits.
    func message(for pod: Value) -> String {
        if case .unschedulable(let failure) = decide(pod) { failure.message } else { "" }
    }

    func plan(for pod: Value) -> Preemption.Plan? {
        if case .unschedulable(let failure) = decide(pod) { failure.preemption } else { nil }
    }

    /// Decides and takes the place.
    func schedule(_ pod: Value) -> String? {
        guard let node = node(for: pod) else { return nil }
        place(pod, on: node)
        return node
    }
}
