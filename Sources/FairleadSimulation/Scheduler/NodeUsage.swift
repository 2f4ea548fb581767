import FairleadModel

/// The resources that a pod requests, or that all pods of a node use.
///
/// Amounts are clamped to 64 bits when parsed, and added in 128: sums never overflow, and later subtractions are exact.
struct ResourceDemand: Hashable, Sendable {
    var milliCPU: Int128 = 0
    var memory: Int128 = 0
    var pods: Int128 = 0

    static let none = ResourceDemand()

    /// The requests of a pod: containers and sidecars combined, or the largest init container if that is more.
    init(pod: Value) {
        let view = PodView(pod)
        let running = (view.containers + view.restartableInitContainers).map(Self.requests)
        let starting = view.initContainers.filter { $0.text("restartPolicy") != "Always" }.map(Self.requests)
        let (cpu, bytes) = running.reduce((Int128(0), Int128(0))) { ($0.0 + $1.0, $0.1 + $1.1) }
        milliCPU = max(cpu, starting.map(\.0).max() ?? 0)
        memory = max(bytes, starting.map(\.1).max() ?? 0)
        pods = 1
    }

    init() {}

    init(allocatable: [String: String]) {
        milliCPU = allocatable["cpu"].flatMap { Quantity($0) }.map { Int128($0.milliValue) } ?? 0
        memory = allocatable["memory"].flatMap { Quantity($0) }.map { Int128($0.value) } ?? 0
        pods = allocatable["pods"].flatMap { Quantity($0) }.map { Int128($0.value) } ?? 0
    }

    private static func requests(_ container: Value) -> (Int128, Int128) {
        let requests = container.at("resources", "requests")
        func quantity(_ name: String) -> Quantity? {
            guard let value = requests?[name] else { return nil }
            return Quantity(value.string ?? value.int.map { String($0) } ?? "")
        }
        return (Int128(quantity("cpu")?.milliValue ?? 0), Int128(quantity("memory")?.value ?? 0))
    }

    static func + (left: ResourceDemand, right: ResourceDemand) -> ResourceDemand {
        var sum = left
        sum.milliCPU += right.milliCPU
        sum.memory += right.memory
        sum.pods += right.pods
        return sum
    }

    static func - (left: ResourceDemand, right: ResourceDemand) -> ResourceDemand {
        var rest = left
        rest.milliCPU -= right.milliCPU
        rest.memory -= right.memory
        rest.pods -= right.pods
        return rest
    }
}

/// A node with the data that scheduling needs.
struct SchedulingNode {
    let node: NodeView
    let usage: NodeUsage

    init(_ node: Value, _ usage: NodeUsage = NodeUsage()) {
        self.node = NodeView(node)
        self.usage = usage
    }
}

/// The resources that the pods of one node use together.
struct NodeUsage: Sendable {
    var used = ResourceDemand.none
    /// The number of pods of each controlling owner, by uid.
    var podsOfOwner: [String: Int] = [:]
}

/// Which pods are on which nodes, updated by changes: scheduling a pod takes time in the number of nodes, not of pods.
struct PlacementTable: Sendable {
    private struct Place: Sendable {
        var node: String
        var demand: ResourceDemand
        var owner: String?
    }

    private var places: [String: Place] = [:]
    private var usages: [String: NodeUsage] = [:]

    func usage(of node: String) -> NodeUsage { usages[node] ?? NodeUsage() }

    func isPlaced(_ uid: String) -> Bool { places[uid] != nil }

    /// Recording a pod again on the same node changes nothing, so a binding may be recorded before the cache shows it.
    mutating func put(_ pod: Value, on node: String) {
        remove(pod.uid)
        let place = Place(node: node, demand: ResourceDemand(pod: pod), owner: pod.controllerRef?.uid)
        places[pod.uid] = place
        var usage = usages[node] ?? NodeUsage()
        usage.used = usage.used + place.demand
        if let owner = place.owner { usage.podsOfOwner[owner, default: 0] += 1 }
        usages[node] = usage
    }

    mutating func remove(_ uid: String) {
        guard let place = places.removeValue(forKey: uid), var usage = usages[place.node] else { return }
        usages[place.node] = nil
        usage.used = usage.used - place.demand
        if let owner = place.owner {
            let rest = (usage.podsOfOwner[owner] ?? 0) - 1
            usage.podsOfOwner[owner] = rest > 0 ? rest : nil
        }
        if usage.used.pods > 0 { usages[place.node] = usage }
    }
}
