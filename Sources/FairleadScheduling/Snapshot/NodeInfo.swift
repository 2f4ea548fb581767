import FairleadModel

/// What a node says of itself, read from the object once.
final class NodeFacts: Sendable {
    /// nil for a node of which only pods are known, as after its deletion: where it was means nothing any more.
    let object: Value?
    let labels: [String: String]
    static let hostnameLabel = "kubernetes.io/hostname"
    static let zoneLabel = "topology.kubernetes.io/zone"
    /// Two of the labels: most questions about places are about these.
    private let hostname, zone: String?
    /// The taints that keep pods away.
    let taints: [Taint]
    /// The taints that pods would rather avoid.
    let mildTaints: [Taint]
    let isUnschedulable: Bool
    let allocatable: ResourceDemand
    let weightCPU: Int64
    let weightMemory: Int64

    init(_ object: Value?) {
        self.object = object
        let view = NodeView(object ?? .null)
        labels = view.labels
        hostname = labels[Self.hostnameLabel]
        zone = labels[Self.zoneLabel]
        isUnschedulable = view.isUnschedulable
        let all = view.taints
        taints = all.filter { $0.effect == "NoSchedule" || $0.effect == "NoExecute" }
        mildTaints = all.filter { $0.effect == "PreferNoSchedule" }
        allocatable = ResourceDemand(allocatable: view.value.at("status", "allocatable"))
        weightCPU = Int64(clamping: allocatable.milliCPU)
        weightMemory = Int64(clamping: allocatable.memory)
    }

    /// The label that says in which place the node is.
    func topology(_ key: String) -> String? {
        switch key {
        case Self.hostnameLabel: hostname
        case Self.zoneLabel: zone
        default: labels[key]
        }
    }
}

/// A node with the pods on it and what they use together.
struct NodeInfo: Sendable {
    let name: String
    private(set) var facts = NodeFacts(nil)
    var object: Value? { facts.object }
    var isThere: Bool { facts.object != nil }
    var labels: [String: String] { facts.labels }

    private(set) var used = ResourceDemand.none
    private(set) var usedWeightCPU: Int64 = 0
    private(set) var usedWeightMemory: Int64 = 0
    private(set) var ports = HostPorts()
    /// The number of pods of each controlling owner, by uid.
    private(set) var podsOfOwner: [String: Int] = [:]
    /// By uid.
    private(set) var pods: [String: PodInfo] = [:]

    init(name: String) { self.name = name }

    mutating func set(_ object: Value?) { facts = NodeFacts(object) }

    mutating func add(_ pod: PodInfo) {
        guard pods.updateValue(pod, forKey: pod.uid) == nil else { return }
        used = used + pod.demand
        usedWeightCPU = usedWeightCPU +| pod.weightCPU
        usedWeightMemory = usedWeightMemory +| pod.weightMemory
        if !pod.owner.isEmpty { podsOfOwner[pod.owner, default: 0] += 1 }
        for port in pod.ports { ports.take(port) }
    }

    mutating func remove(_ uid: String) {
        guard let pod = pods.removeValue(forKey: uid) else { return }
        used = used - pod.demand
        if pods.isEmpty {
            // Sums that were cut off cannot be undone one by one.
            usedWeightCPU = 0
            usedWeightMemory = 0
        } else {
            usedWeightCPU = usedWeightCPU -| pod.weightCPU
            usedWeightMemory = usedWeightMemory -| pod.weightMemory
        }
        if !pod.owner.isEmpty {
            let rest = (podsOfOwner[pod.owner] ?? 0) - 1
            podsOfOwner[pod.owner] = rest > 0 ? rest : nil
        }
        for port in pod.ports { ports.release(port) }
    }
}
