import FairleadModel
import Foundation

/// Which of the nodes that fit a pod is the best. Pure.
///
/// The scores of kube-scheduler's plugins, from 0 to 100 each, with its weights: TaintToleration 3, NodeAffinity 2,
/// PodTopologySpread 2, InterPodAffinity 2, NodeResourcesFit (least allocated) 1, NodeResourcesBalancedAllocation 1. Where
/// kube-scheduler draws lots among the best, here the node with the fewest pods is taken, then the first by name.
struct NodeScores {
    private static let span = 100

    let pod: PendingPod
    /// Positions in the cache.
    let feasible: [Int]

    func best(_ cache: inout SchedulerCache) -> Int? {
        guard feasible.count > 1 else { return feasible.first }
        var totals = resources(cache)
        add(2, spread(&cache), to: &totals)
        add(2, podAffinity(&cache), to: &totals)
        let nodes = cache.nodes
        if feasible.contains(where: { !nodes[$0].facts.mildTaints.isEmpty }) { add(3, taints(nodes), to: &totals) }
        if let preferences = pod.preferences {
            let weights = feasible.map { preferences.weight(name: nodes[$0].name, labels: nodes[$0].labels) }
            add(2, Self.most(weights), to: &totals)
        }
        var best = 0
        for index in feasible.indices.dropFirst() {
            if totals[index] < totals[best] { continue }
            // In place: a copy of a node retains all that it holds.
            let (mine, other) = (feasible[index], feasible[best])
            let (count, least) = (nodes[mine].pods.count, nodes[other].pods.count)
            if totals[index] > totals[best] || count < least || count == least && nodes[mine].name < nodes[other].name {
                best = index
            }
        }
        return feasible[best]
    }

    private func add(_ weight: Int, _ scores: [Int]?, to totals: inout [Int]) {
        guard let scores else { return }
        for index in totals.indices { totals[index] = totals[index] +| weight *| scores[index] }
    }

    private static func most(_ counts: [Int]) -> [Int] {
        guard let most = counts.max(), most > 0 else { return counts.map { _ in 0 } }
        return counts.map { $0 * span / most }
    }

    private func taints(_ nodes: [NodeInfo]) -> [Int] {
        // Only these can tolerate such a taint.
        let tolerations = pod.tolerations.filter { $0.effect.isEmpty || $0.effect == "PreferNoSchedule" }
        let counts = feasible.map { position in
            nodes[position].facts.mildTaints.count { taint in !tolerations.contains { $0.tolerates(taint) } }
        }
        return Self.most(counts).map { Self.span - $0 }
    }

    /// Least allocated, and balanced between processor and memory.
    private func resources(_ cache: SchedulerCache) -> [Int] {
        let (cpu, memory) = (Double(pod.info.weightCPU), Double(pod.info.weightMemory))
        let nodes = cache.nodes
        return feasible.map { position in
            let facts = nodes[position].facts
            let (allCPU, allMemory) = (Double(facts.weightCPU), Double(facts.weightMemory))
            guard allCPU > 0, allMemory > 0 else { return 0 }
            let usedCPU = min((Double(nodes[position].usedWeightCPU) + cpu) / allCPU, 1)
            let usedMemory = min((Double(nodes[position].usedWeightMemory) + memory) / allMemory, 1)
            let span = Double(Self.span)
            let free = ((1 - usedCPU) * span).rounded(.down) + ((1 - usedMemory) * span).rounded(.down)
            let balance = ((1 - abs(usedCPU - usedMemory) / 2) * span).rounded(.down)
            return Int(free) / 2 + Int(balance)
        }
    }

    // MARK: - topology spread

    /// nil if the pod has no constraint to weigh.
    private func spread(_ cache: inout SchedulerCache) -> [Int]? {
        let constraints = pod.softSpread
        if constraints.isEmpty { return nil }
        let needsAll = !pod.isSpreadByDefault
        let nodes = cache.nodes
        let ignored = feasible.map { position in
            guard needsAll else { return false }
            let facts = nodes[position].facts
            return !constraints.allSatisfy { facts.topology($0.topologyKey) != nil }
        }
        // The constraints that are added by default count the same pods.
        let owned = ofOwner(nodes)
        var sums = [Double](repeating: 0, count: feasible.count)
        for constraint in constraints {
            let counts = owned ?? selected(constraint, nodes, &cache)
            let isHost = constraint.topologyKey == SpreadConstraint.hostname
            let domains = isHost ? nil : self.domains(constraint, counts, constraints, needsAll, nodes, ignored)
            let size = domains?.count ?? ignored.count { !$0 }
            let weight = log(Double(size + 2))
            for index in feasible.indices where !ignored[index] {
                let position = feasible[index]
                guard let value = nodes[position].facts.topology(constraint.topologyKey) else { continue }
                let count = domains.map { $0.sum(of: value) ?? 0 } ?? counts[position]
                sums[index] += Double(count) * weight + Double(constraint.maxSkew - 1)
            }
        }
        return Self.fewest(sums, ignored)
    }

    /// How many pods of the pod's owner are on each node; nil if others count.
    private func ofOwner(_ nodes: [NodeInfo]) -> [Int]? {
        let owner = pod.info.owner
        guard pod.isSpreadByDefault, !owner.isEmpty else { return nil }
        return nodes.indices.map { nodes[$0].podsOfOwner[owner] ?? 0 }
    }

    /// How many pods on each node count for the constraint.
    private func selected(_ constraint: SpreadConstraint, _ nodes: [NodeInfo], _ cache: inout SchedulerCache) -> [Int] {
        let counts = cache.counts(constraint.query)
        return nodes.indices.map { counts[nodes[$0].name] ?? 0 }
    }

    private func domains(
        _ constraint: SpreadConstraint, _ counts: [Int], _ all: [SpreadConstraint], _ needsAll: Bool,
        _ nodes: [NodeInfo], _ ignored: [Bool]
    ) -> DomainSums {
        var domains = DomainSums()
        for (index, position) in feasible.enumerated() where !ignored[index] {
            if let value = nodes[position].facts.topology(constraint.topologyKey) { domains.know(value) }
        }
        if domains.count == 0 { return domains }
        let countsAll = constraint.countsAllNodes(for: pod)
        for position in nodes.indices {
            let facts = nodes[position].facts
            guard facts.object != nil, let value = facts.topology(constraint.topologyKey),
                !needsAll || all.allSatisfy({ facts.topology($0.topologyKey) != nil }),
                countsAll || constraint.counts(nodes[position], for: pod)
            else { continue }
            domains.add(counts[position], to: value)
        }
        return domains
    }

    private static func fewest(_ sums: [Double], _ ignored: [Bool]) -> [Int] {
        let rounded = sums.map { $0 < 1e15 ? Int($0.rounded()) : Int(1e15) }
        var (least, most) = (Int.max, 0)
        for (index, sum) in rounded.enumerated() where !ignored[index] {
            least = min(least, sum)
            most = max(most, sum)
        }
        return rounded.enumerated().map { index, sum in
            if ignored[index] { return 0 }
            return most == 0 ? span : span * (most + least - sum) / most
        }
    }

    // MARK: - pod affinity

    /// nil if nobody prefers anything.
    private func podAffinity(_ cache: inout SchedulerCache) -> [Int]? {
        let info = pod.info
        var weights: [String: [String: Int]] = [:]
        func add(_ counts: [String: Int], _ key: String, _ factor: Int) {
            for (name, count) in counts {
                guard let value = cache.facts(name)?.labels[key] else { continue }
                weights[key, default: [:]][value, default: 0] += count *| factor
            }
        }
        let own = info.preferredAffinity.map { ($0, 1) } + info.preferredAntiAffinity.map { ($0, -1) }
        for (preference, sign) in own {
            let counts = cache.counts(PodQuery(groups: [preference.term.group], skipsTerminating: false))
            add(counts, preference.term.topologyKey, preference.weight *| sign)
        }
        if !cache.attracting.isEmpty {
            let labels = cache.namespaces[info.namespace] ?? [:]
            for (term, counts) in cache.attracting where term.group.contains(info, namespaceLabels: labels) {
                add(counts, term.topologyKey, 1)
            }
        }
        if weights.isEmpty { return nil }
        let sums = feasible.map { position -> Int in
            let labels = cache.nodes[position].labels
            return weights.reduce(0) { sum, place in
                sum + (labels[place.key].flatMap { place.value[$0] } ?? 0)
            }
        }
        let (least, most) = (min(sums.min() ?? 0, 0), max(sums.max() ?? 0, 0))
        return sums.map { most == least ? 0 : Self.span * ($0 - least) / (most - least) }
    }
}

/// The number of pods in each domain. Zones are few, so that looking through them takes less time than hashing.
private struct DomainSums {
    private static let few = 8

    private var values: [String] = []
    private var sums: [Int] = []
    /// Where each value is, once there are many.
    private var places: [String: Int] = [:]

    var count: Int { values.count }

    private func place(of value: String) -> Int? {
        values.count <= Self.few ? values.firstIndex(of: value) : places[value]
    }

    /// Makes a domain count.
    mutating func know(_ value: String) {
        guard place(of: value) == nil else { return }
        values.append(value)
        sums.append(0)
        if values.count == Self.few + 1 {
            for (place, value) in values.enumerated() { places[value] = place }
        } else if values.count > Self.few {
            places[value] = values.count - 1
        }
    }

    /// - Parameter value: left out if it is not known.
    mutating func add(_ number: Int, to value: String) {
        if let place = place(of: value) { sums[place] += number }
    }

    func sum(of value: String) -> Int? { place(of: value).map { sums[$0] } }
}
