import FairleadModel

/// The resources that a pod requests, or that all pods of a node use.
///
/// The amounts of one pod are clamped to 64 bits, and added in 128: sums never overflow, and later subtractions are
/// exact.
struct ResourceDemand: Hashable, Sendable {
    var milliCPU: Int128 = 0
    var memory: Int128 = 0
    var ephemeralStorage: Int128 = 0
    var pods: Int128 = 0
    /// Huge pages and extended resources, without those of which nothing is used.
    var others: [String: Int128] = [:]

    static let none = ResourceDemand()

    /// The requests of a pod: its own or those of its containers, with the overhead.
    init(pod: Value) {
        self.init(amounts: PodUsage.total(pod["spec"] ?? .null, "requests"))
        pods = 1
    }

    init() {}

    init(allocatable: Value?) {
        let amounts = ResourceAmounts(allocatable)
        self.init(amounts: amounts)
        pods = Int128(amounts["pods"]?.value ?? 0)
    }

    private init(amounts: ResourceAmounts) {
        for (name, amount) in amounts.amounts {
            switch name {
            case "cpu": milliCPU = Int128(amount.milliValue)
            case "memory": memory = Int128(amount.value)
            case "ephemeral-storage": ephemeralStorage = Int128(amount.value)
            case "pods": break
            default: if !amount.isZero { others[name] = Int128(amount.value) }
            }
        }
    }

    static func + (left: ResourceDemand, right: ResourceDemand) -> ResourceDemand {
        left.combined(right) { $0 + $1 }
    }

    static func - (left: ResourceDemand, right: ResourceDemand) -> ResourceDemand {
        left.combined(right) { $0 - $1 }
    }

    private func combined(_ other: ResourceDemand, _ combine: (Int128, Int128) -> Int128) -> ResourceDemand {
        var result = self
        result.milliCPU = combine(milliCPU, other.milliCPU)
        result.memory = combine(memory, other.memory)
        result.ephemeralStorage = combine(ephemeralStorage, other.ephemeralStorage)
        result.pods = combine(pods, other.pods)
        for (name, amount) in other.others {
            let sum = combine(others[name] ?? 0, amount)
            result.others[name] = sum == 0 ? nil : sum
        }
        return result
    }

    /// What a node with these allocatable resources lacks, on which `used` is taken, in the words of the scheduler's
    /// plugin NodeResourcesFit. Only what is asked for is read: most pods ask for little.
    func shortages(of allocatable: Value?, used: ResourceDemand) -> [String] {
        func amount(_ name: String) -> Quantity { allocatable?[name]?.string.flatMap { Quantity($0) } ?? Quantity(0) }
        var reasons: [String] = []
        if used.pods + pods > Int128(amount("pods").value) { reasons.append("Too many pods") }
        if milliCPU > 0, used.milliCPU +| milliCPU > Int128(amount("cpu").milliValue) {
            reasons.append("Insufficient cpu")
        }
        if memory > 0, used.memory + memory > Int128(amount("memory").value) { reasons.append("Insufficient memory") }
        if ephemeralStorage > 0,
            used.ephemeralStorage + ephemeralStorage > Int128(amount("ephemeral-storage").value)
        {
            reasons.append("Insufficient ephemeral-storage")
        }
        for (name, wanted) in others.sorted(by: { $0.key < $1.key }) where wanted > 0 {
            if (used.others[name] ?? 0) + wanted > Int128(amount(name).value) {
                reasons.append("Insufficient \(name)")
            }
        }
        return reasons
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
    var ports = HostPorts()
}

/// Which pods are on which nodes, updated by changes: scheduling a pod takes time in the number of nodes, not of pods.
struct PlacementTable: Sendable {
    private struct Place: Sendable {
        var node: String
        var demand: ResourceDemand
        var owner: String?
        var ports: [HostPort]
    }

    private var places: [String: Place] = [:]
    private var usages: [String: NodeUsage] = [:]

    func usage(of node: String) -> NodeUsage { usages[node] ?? NodeUsage() }

    func isPlaced(_ uid: String) -> Bool { places[uid] != nil }

    /// Recording a pod again on the same node changes nothing, so a binding may be recorded before the cache shows it.
    mutating func put(_ pod: Value, on node: String) {
        remove(pod.uid)
        let place = Place(
            node: node, demand: ResourceDemand(pod: pod), owner: pod.controllerRef?.uid, ports: HostPort.all(of: pod))
        places[pod.uid] = place
        var usage = usages.removeValue(forKey: node) ?? NodeUsage()
        usage.used = usage.used + place.demand
        if let owner = place.owner { usage.podsOfOwner[owner, default: 0] += 1 }
        for port in place.ports { usage.ports.take(port) }
        usages[node] = usage
    }

    mutating func remove(_ uid: String) {
        guard let place = places.removeValue(forKey: uid), var usage = usages.removeValue(forKey: place.node) else {
            return
        }
        usage.used = usage.used - place.demand
        if let owner = place.owner {
            let rest = (usage.podsOfOwner[owner] ?? 0) - 1
            usage.podsOfOwner[owner] = rest > 0 ? rest : nil
        }
        for port in place.ports { usage.ports.release(port) }
        if usage.used.pods > 0 { usages[place.node] = usage }
    }
}
