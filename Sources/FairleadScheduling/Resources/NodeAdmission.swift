package import FairleadModel

/// Whether nodes take the pods that have been bound to them: a kubelet's own look at what a scheduler has looked at, as not
/// everybody asks one.
///
/// Reference: k8s.io/kubernetes `pkg/kubelet/lifecycle/predicate.go`; texts are those of the v1.36 kubelet.
package struct NodeAdmission: Sendable {
    /// Why a pod is not taken: reason and message of its status.
    package struct Rejection: Hashable, Sendable {
        package var reason: String
        package var message: String

        package init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }

        init(predicate: String, _ message: String) {
            self.init(reason: predicate, message: "Predicate \(predicate) failed: \(message)")
        }
    }

    private struct Admitted: Sendable {
        var node: String
        var generation: Int64
        var demand: ResourceDemand
        var ports: [HostPort]
    }

    private struct Taken: Sendable {
        var used = ResourceDemand.none
        var ports = HostPorts()
    }

    /// By uid.
    private var pods: [String: Admitted] = [:]
    private var nodes: [String: Taken] = [:]

    package init() {}

    /// Records a pod that its node runs already.
    package mutating func note(_ pod: Value, on node: String) {
        if let known = pods[pod.uid], known.node == node, known.generation == pod.generation { return }
        put(pod.uid, Self.admitted(pod, node))
    }

    package mutating func forget(_ uid: String) {
        guard let pod = pods.removeValue(forKey: uid), var taken = nodes.removeValue(forKey: pod.node) else { return }
        taken.used = taken.used - pod.demand
        for port in pod.ports { taken.ports.release(port) }
        if taken.used.pods > 0 { nodes[pod.node] = taken }
    }

    /// Takes the pod on the node, or says why not.
    package mutating func admit(_ pod: Value, on node: Value) -> Rejection? {
        if pods[pod.uid]?.node == node.name { return nil }
        let new = Self.admitted(pod, node.name)
        if let refusal = refusal(of: pod, new, on: node) { return refusal }
        put(pod.uid, new)
        return nil
    }

    private static func admitted(_ pod: Value, _ node: String) -> Admitted {
        Admitted(
            node: node, generation: pod.generation, demand: ResourceDemand(placed: pod), ports: HostPort.all(of: pod))
    }

    private mutating func put(_ uid: String, _ pod: Admitted) {
        forget(uid)
        pods[uid] = pod
        var taken = nodes.removeValue(forKey: pod.node) ?? Taken()
        taken.used = taken.used + pod.demand
        for port in pod.ports { taken.ports.take(port) }
        nodes[pod.node] = taken
    }

    private func refusal(of pod: Value, _ new: Admitted, on node: Value) -> Rejection? {
        let labels = node.labels
        let system = node.text("status", "nodeInfo", "operatingSystem")
        if let wanted = pod.at("spec", "nodeSelector", "kubernetes.io/os")?.string,
            let label = labels["kubernetes.io/os"], wanted != label
        {
            return Rejection(
                reason: "PodOSSelectorNodeLabelDoesNotMatch",
                message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label")
        }
        let wanted = pod.text("spec", "os", "name")
        if !wanted.isEmpty, wanted != (system.isEmpty ? "linux" : system) {
            return Rejection(
                reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS")
        }
        let taken = nodes[new.node] ?? Taken()
        let allocatable = ResourceDemand(allocatable: node.at("status", "allocatable"))
        var demand = new.demand
        // A kubelet does not answer for resources that its node has never heard of.
        demand.others = demand.others.filter { allocatable.others[$0.key] != nil }
        // A node that has not said how many pods it takes has not reported yet: it refuses nobody for lack of anything.
        if node.at("status", "allocatable", "pods") != nil,
            let short = demand.shortages(of: allocatable, used: taken.used).first
        {
            let name = short.name
            return Rejection(
                reason: "OutOf\(name)",
                message: "Node didn't have enough resource: \(name), requested: \(demand[name]), used: "
                    + "\(taken.used[name]), capacity: \(allocatable[name])")
        }
        if !NodeAffinity(podSpec: pod["spec"] ?? .null).matches(name: node.name, labels: labels) {
            return Rejection(predicate: "NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
        }
        if new.ports.contains(where: taken.ports.conflict) {
            return Rejection(
                predicate: "NodePorts", "node(s) didn't have free ports for the requested pod ports")
        }
        let tolerations = PodView(pod).tolerations
        let isTainted = NodeView(node).taints.contains { taint in
            taint.effect == "NoExecute" && !tolerations.contains { $0.tolerates(taint) }
        }
        return isTainted
            ? Rejection(predicate: "TaintToleration", "node(s) had taints that the pod didn't tolerate") : nil
    }
}

extension ResourceDemand {
    fileprivate subscript(name: String) -> Int128 {
        switch name {
        case "pods": pods
        case "cpu": milliCPU
        case "memory": memory
        case "ephemeral-storage": ephemeralStorage
        default: others[name] ?? 0
        }
    }
}
