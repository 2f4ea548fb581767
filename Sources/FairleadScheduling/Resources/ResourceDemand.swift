package import FairleadModel

/// The resources that a pod requests, or that all pods of a node use.
///
/// The amounts of one pod are clamped to 64 bits, and added in 128: sums never overflow, and later subtractions are
/// exact.
package struct ResourceDemand: Hashable, Sendable {
    package var milliCPU: Int128 = 0
    package var memory: Int128 = 0
    package var ephemeralStorage: Int128 = 0
    package var pods: Int128 = 0
    /// Huge pages and extended resources, without those of which nothing is used.
    package var others: [String: Int128] = [:]

    package static let none = ResourceDemand()

    /// The requests of a pod: its own or those of its containers, with the overhead.
    package init(pod: Value) {
        self.init(amounts: PodUsage.total(pod["spec"] ?? .null, "requests"))
        pods = 1
    }

    /// What a pod takes on its node: while a resize goes on, for each container the larger of what it has and what it
    /// shall have, except where the kubelet has said that it can never have it.
    package init(placed pod: Value) {
        self.init(pod: pod)
        guard let resize = Self.resize(of: pod) else { return }
        var spec = pod["spec"] ?? .null
        for (field, list) in [("containers", "containerStatuses"), ("initContainers", "initContainerStatuses")] {
            let statuses = pod.items("status", list)
            if statuses.isEmpty { continue }
            spec[field] = .array(
                spec.items(field).map { container in
                    let name = container.text("name")
                    guard
                        let present = statuses.first(where: { $0.text("name") == name })?.at("resources", "requests")
                    else { return container }
                    var changed = container
                    changed.set(present, at: "resources", "requests")
                    return changed
                })
        }
        var present = ResourceDemand(amounts: PodUsage.total(spec, "requests"))
        present.pods = 1
        self = resize == "Infeasible" ? present : maximum(present)
    }

    /// The reason of the condition of a resize that goes on; empty if it has none, nil if no resize goes on.
    package static func resize(of pod: Value) -> String? {
        pod.items("status", "conditions").first {
            let type = $0.text("type")
            return (type == "PodResizePending" || type == "PodResizeInProgress") && $0.text("status") == "True"
        }?.text("reason")
    }

    package init() {}

    package init(allocatable: Value?) {
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

    package static func + (left: ResourceDemand, right: ResourceDemand) -> ResourceDemand {
        left.combined(right) { $0 + $1 }
    }

    package static func - (left: ResourceDemand, right: ResourceDemand) -> ResourceDemand {
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

    /// What a node with these allocatable resources lacks, on which `used` is taken, in the words of kube-scheduler's
    /// plugin NodeResourcesFit.
    package func shortages(of allocatable: ResourceDemand, used: ResourceDemand) -> [Shortage] {
        var result: [Shortage] = []
        if used.pods + pods > allocatable.pods { result.append(Shortage(name: "pods", isHopeless: false)) }
        func check(_ name: String, _ wanted: Int128, _ taken: Int128, _ all: Int128) {
            guard wanted > 0, taken + wanted > all else { return }
            result.append(Shortage(name: name, isHopeless: wanted > all))
        }
        check("cpu", milliCPU, used.milliCPU, allocatable.milliCPU)
        check("memory", memory, used.memory, allocatable.memory)
        check("ephemeral-storage", ephemeralStorage, used.ephemeralStorage, allocatable.ephemeralStorage)
        for (name, wanted) in others.sorted(by: { $0.key < $1.key }) {
            check(name, wanted, used.others[name] ?? 0, allocatable.others[name] ?? 0)
        }
        return result
    }

    /// Whether nothing is short: the same question, as it is asked most of the time.
    package func fits(in allocatable: ResourceDemand, used: ResourceDemand) -> Bool {
        used.pods + pods <= allocatable.pods
            && (milliCPU <= 0 || used.milliCPU +| milliCPU <= allocatable.milliCPU)
            && (memory <= 0 || used.memory + memory <= allocatable.memory)
            && (ephemeralStorage <= 0 || used.ephemeralStorage + ephemeralStorage <= allocatable.ephemeralStorage)
            && (others.isEmpty
                || others.allSatisfy {
                    $0.value <= 0 || (used.others[$0.key] ?? 0) + $0.value <= (allocatable.others[$0.key] ?? 0)
                })
    }

    /// For each resource the larger amount.
    package func maximum(_ other: ResourceDemand) -> ResourceDemand { combined(other) { max($0, $1) } }

    /// A resource of which a node has too little.
    package struct Shortage: Hashable, Sendable {
        package let name: String
        /// Whether not even the empty node has enough.
        package let isHopeless: Bool

        package var reason: String { name == "pods" ? "Too many pods" : "Insufficient \(name)" }
    }
}
