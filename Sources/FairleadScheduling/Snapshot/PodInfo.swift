import FairleadModel
import Synchronization

/// What scheduling needs of a pod that has, or is to get, a node; read from the object once.
final class PodInfo: Sendable {
    let uid: String
    let namespace: String
    let name: String
    let labels: [String: String]
    let priority: Int64
    let demand: ResourceDemand
    /// What it counts for where nodes are compared: containers that request nothing count for a little.
    let weightCPU: Int64
    let weightMemory: Int64
    let ports: [HostPort]
    let owner: String
    let isTerminating: Bool
    /// Whether it is leaving for a pod of higher priority.
    let isPreempted: Bool
    /// The time at which it started, as written; empty if it has not.
    let startTime: String
    let requiredAffinity: [PodTerm]
    let requiredAntiAffinity: [PodTerm]
    let preferredAffinity: [WeightedTerm]
    let preferredAntiAffinity: [WeightedTerm]
    /// The claims that its volumes name.
    let claims: [ObjectName]

    private static let shared = SharedLabels()

    var objectName: ObjectName { ObjectName(namespace: namespace, name: name) }
    var hasTerms: Bool {
        !(requiredAffinity.isEmpty && requiredAntiAffinity.isEmpty && preferredAffinity.isEmpty
            && preferredAntiAffinity.isEmpty)
    }

    init(_ pod: Value) {
        let namespace = pod.namespace
        let spec = pod["spec"] ?? .null
        self.namespace = namespace
        uid = pod.uid
        name = pod.name
        labels = Self.shared.shared(pod.labels)
        priority = spec["priority"]?.int ?? 0
        demand = ResourceDemand(placed: pod)
        (weightCPU, weightMemory) = Self.weight(of: spec, demand)
        ports = HostPort.all(of: pod)
        owner = pod.controllerRef?.uid ?? ""
        isTerminating = pod.deletionTimestamp != nil
        isPreempted = isTerminating && Conditions(of: pod)["DisruptionTarget"].map(Self.isPreemption) ?? false
        startTime = pod.text("status", "startTime")
        claims = Self.claims(of: pod)
        let affinity = spec["affinity"]
        func required(_ kind: String) -> [PodTerm] {
            (affinity?.at(kind, "requiredDuringSchedulingIgnoredDuringExecution")?.array ?? []).compactMap {
                PodTerm($0, namespace: namespace)
            }
        }
        func preferred(_ kind: String) -> [WeightedTerm] {
            (affinity?.at(kind, "preferredDuringSchedulingIgnoredDuringExecution")?.array ?? []).compactMap {
                WeightedTerm($0, namespace: namespace)
            }
        }
        requiredAffinity = required("podAffinity")
        requiredAntiAffinity = required("podAntiAffinity")
        preferredAffinity = preferred("podAffinity")
        preferredAntiAffinity = preferred("podAntiAffinity")
    }

    private static func isPreemption(_ condition: Value) -> Bool {
        condition.text("status") == "True" && condition.text("reason") == "PreemptionByScheduler"
    }

    /// The claims that a pod's volumes name, including those created for its ephemeral volumes.
    static func claims(of pod: Value) -> [ObjectName] {
        pod.items("spec", "volumes").compactMap { volume in
            if let name = volume.at("persistentVolumeClaim", "claimName")?.string {
                return ObjectName(namespace: pod.namespace, name: name)
            }
            guard volume["ephemeral"] != nil else { return nil }
            return ObjectName(namespace: pod.namespace, name: "\(pod.name)-\(volume.text("name"))")
        }
    }

    /// 100m and 200Mi stand for what a container does not request.
    private static func weight(of spec: Value, _ demand: ResourceDemand) -> (cpu: Int64, memory: Int64) {
        var (cpu, memory) = (demand.milliCPU, demand.memory)
        for container in spec.items("containers") {
            let requests = container.at("resources", "requests")
            if requests?["cpu"] == nil { cpu += 100 }
            if requests?["memory"] == nil { memory += 200 << 20 }
        }
        return (Int64(clamping: cpu), Int64(clamping: memory))
    }
}

/// The labels of pods: those of one template have the same, and share one dictionary.
private final class SharedLabels: Sendable {
    private static let most = 1024

    private let known = Mutex<Set<[String: String]>>([])

    func shared(_ labels: [String: String]) -> [String: String] {
        known.withLock { known in
            if known.count >= Self.most { known = [] }
            return known.insert(labels).memberAfterInsert
        }
    }
}
