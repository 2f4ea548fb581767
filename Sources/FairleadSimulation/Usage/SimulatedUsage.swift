package import FairleadModel

/// What pods and nodes use, as objects of metrics.k8s.io and as a kubelet's pages.
///
/// Reference: "Resource metrics pipeline"; k8s.io/metrics v1beta1, k8s.io/kubelet `pkg/apis/stats/v1alpha1`.
package struct SimulatedUsage: Sendable {
    /// How many requests a container answers in a second.
    private let rate: @Sendable (_ uid: String, _ container: String) -> Double
    private let now: @Sendable () -> Timestamp

    /// - Parameter runtime: nil if all containers are idle.
    package init(runtime: ContainerRuntime?, now: @escaping @Sendable () -> Timestamp) {
        rate = { [runtime] uid, container in runtime?.rate(of: container, of: uid) ?? 0 }
        self.now = now
    }

    init(now: @escaping @Sendable () -> Timestamp, rate: @escaping @Sendable (String, String) -> Double) {
        self.now = now
        self.rate = rate
    }

    /// What the kubelet and the system of a node take.
    private static let system = ContainerUsage(nanoCores: 40_000_000, memory: 380 << 20)

    /// A container that runs, with what it uses.
    struct Running {
        var name: String
        var started: String
        var usage: ContainerUsage
    }

    /// The containers of a pod that run.
    func running(_ pod: Value) -> [Running] {
        if PodView(pod).isFinished { return [] }
        let view = PodView(pod)
        let lists = [("containerStatuses", view.containers), ("initContainerStatuses", view.restartableInitContainers)]
        let time = now()
        return lists.flatMap { list, specs in
            let statuses = pod.items("status", list)
            return specs.compactMap { spec -> Running? in
                let name = spec.text("name")
                guard let status = statuses.first(where: { $0.text("name") == name }),
                    let state = status.at("state", "running")
                else { return nil }
                let usage = ContainerUsage(pod: pod, spec: spec, rate: rate(pod.uid, name), now: time)
                return Running(name: name, started: state.text("startedAt"), usage: usage)
            }
        }
    }

    // MARK: - metrics.k8s.io

    /// nil if nothing of the pod runs.
    package func metrics(of pod: Value) -> Value? {
        let containers = running(pod)
        if containers.isEmpty { return nil }
        var object = object("PodMetrics", pod)
        object["containers"] = .array(
            containers.map { ["name": .string($0.name), "usage": Self.list($0.usage)] })
        return object
    }

    /// The pods whose nodes are alive, in any order, as they are in a list.
    package func metrics(of pods: [Value], nodes: [Value]) -> [Value] {
        let alive = Set(nodes.filter(SimulationKeys.isAlive).map(\.name))
        return pods.compactMap { alive.contains($0.text("spec", "nodeName")) ? metrics(of: $0) : nil }
    }

    /// nil for a node that does not report.
    ///
    /// - Parameter pods: those on the node.
    package func metrics(of node: Value, pods: [Value]) -> Value? {
        guard SimulationKeys.isAlive(node) else { return nil }
        var object = object("NodeMetrics", node)
        object["usage"] = Self.list(total(pods))
        return object
    }

    func total(_ pods: [Value]) -> ContainerUsage {
        pods.reduce(Self.system) { sum, pod in running(pod).reduce(sum) { $0 + $1.usage } }
    }

    private func object(_ kind: String, _ owner: Value) -> Value {
        let time = Value.string(now().rfc3339)
        var metadata: Object = ["name": .string(owner.name), "creationTimestamp": time]
        if !owner.namespace.isEmpty { metadata["namespace"] = .string(owner.namespace) }
        metadata["labels"] = owner.at("metadata", "labels")
        return [
            "kind": .string(kind), "apiVersion": "metrics.k8s.io/v1beta1", "metadata": .object(metadata),
            "timestamp": time, "window": .string("\(ContainerUsage.window)s"),
        ]
    }

    private static func list(_ usage: ContainerUsage) -> Value {
        ["cpu": .string("\(usage.nanoCores)n"), "memory": .string("\(usage.memory / 1024)Ki")]
    }
}
