import FairleadModel

/// What a decision comes to.
enum Decision: Sendable {
    case node(String, bindings: [VolumeNeeds.Binding])
    case unschedulable(Failure)

    struct Failure: Sendable {
        var message: String
        /// The rules that refused it somewhere.
        var rules: Set<Refusal.Rule>
        /// Who has to leave for it, and where from.
        var preemption: Preemption.Plan?
        /// Whether the room that was being made for it is no use any more.
        var endsNomination = false
    }
}

/// Finds a node for one pod. Reference: "Kubernetes Scheduler"; messages are those of kube-scheduler v1.36.
struct NodeSearch {
    let pod: PendingPod
    let terms: TermCounts

    init(_ pod: PendingPod, _ cache: inout SchedulerCache) {
        self.pod = pod
        terms = TermCounts(pod, &cache)
    }

    /// - Parameter budgets: the PodDisruptionBudgets; asked for only if pods might have to leave.
    static func decide(
        _ pod: PendingPod, _ cache: inout SchedulerCache, budgets: () -> [Value]
    ) -> Decision {
        let count = cache.liveNodes
        if count == 0 {
            return .unschedulable(
                .init(message: "no nodes available to schedule pods", rules: [.node]))
        }
        if pod.isContradictory {
            return .unschedulable(hopeless("pod affinity terms conflict", count, .node))
        }
        if let problem = pod.volumes.problem { return .unschedulable(hopeless(problem, count, .volumes)) }
        let search = NodeSearch(pod, &cache)
        if let nominated = cache.nomination(of: pod.info.uid), let node = cache.node(nominated), node.isThere,
            search.isNamed(node), search.refusal(of: node, search.terms, cache) == nil
        {
            return search.chosen(node)
        }
        let (feasible, refusals) = search.look(&cache)
        if let best = NodeScores(pod: pod, feasible: feasible).best(&cache) { return search.chosen(cache.nodes[best]) }
        return .unschedulable(search.failure(refusals, count, &cache, budgets))
    }

    /// The plugins that would make room have not been set up when a pod fails before any node is looked at; the words
    /// are those in which kube-scheduler says so.
    private static func hopeless(_ problem: String, _ nodes: Int, _ rule: Refusal.Rule) -> Decision.Failure {
        .init(
            message: FitMessage.text(nodes: nodes, general: problem, refusals: [], preemption: "not found"),
            rules: [rule])
    }

    private func chosen(_ node: NodeInfo) -> Decision {
        .node(node.name, bindings: pod.volumes.delayed.isEmpty ? [] : pod.volumes.bindings(on: node) ?? [])
    }

    private func isNamed(_ node: NodeInfo) -> Bool { pod.namedNodes?.contains(node.name) ?? true }

    /// In large clusters the search ends when enough nodes fit, and the next one begins where it ended.
    private func look(_ cache: inout SchedulerCache) -> (feasible: [Int], refusals: [(node: Int, Refusal)]) {
        let nodes = cache.nodes
        let enough = Self.enough(nodes.count)
        var feasible: [Int] = []
        var refusals: [(node: Int, Refusal)] = []
        var seen = 0
        let start = nodes.isEmpty ? 0 : cache.nextStart % nodes.count
        for step in nodes.indices where feasible.count < enough {
            seen += 1
            let position = (start + step) % nodes.count
            // In place: a copy of a node retains all that it holds.
            guard nodes[position].isThere, isNamed(nodes[position]) else { continue }
            if let refusal = refusal(of: nodes[position], terms, cache) {
                refusals.append((position, refusal))
            } else {
                feasible.append(position)
            }
        }
        if seen < nodes.count { cache.nextStart = (start + seen) % nodes.count }
        return (feasible, refusals)
    }

    /// All of up to 100 nodes; of more a share that falls from a half to a twentieth.
    static func enough(_ nodes: Int) -> Int {
        if nodes < 100 { return nodes }
        let share = max(50 - nodes / 125, 5)
        return max(nodes * share / 100, 100)
    }

    // MARK: - one node

    /// Pods of at least this priority for which room is being made on the node count as if they were there already.
    func refusal(of node: NodeInfo, _ terms: TermCounts, _ cache: SchedulerCache) -> Refusal? {
        if !cache.nominated.isEmpty, let others = cache.nominated[node.name] {
            var crowded = node
            var crowdedTerms = terms
            var isCrowded = false
            for other in others where other.uid != pod.info.uid && other.priority >= pod.info.priority {
                crowded.add(other)
                crowdedTerms.change(by: 1, other, on: node, for: pod, cache.namespaces)
                isCrowded = true
            }
            // Both ways: what is to come must neither be in the way nor be relied on.
            if isCrowded, let refusal = plainRefusal(of: crowded, crowdedTerms) { return refusal }
        }
        return plainRefusal(of: node, terms)
    }

    private func plainRefusal(of node: NodeInfo, _ terms: TermCounts) -> Refusal? {
        if node.facts.isUnschedulable, !pod.toleratesUnschedulable { return .unschedulable }
        if !node.facts.taints.isEmpty, !pod.tolerates(node.facts.taints) { return .taints }
        if !pod.affinity.matches(name: node.name, labels: node.labels) { return .affinity }
        let info = pod.info
        if !info.ports.isEmpty, info.ports.contains(where: { node.ports.conflict(with: $0) }) { return .ports }
        if !info.demand.fits(in: node.facts.allocatable, used: node.used) {
            let shortages = info.demand.shortages(of: node.facts.allocatable, used: node.used)
            return Refusal(
                .resources, shortages.map(\.reason), isCurable: !shortages.contains(where: \.isHopeless))
        }
        if !info.claims.isEmpty {
            if let refusal = terms.claimRefusal() { return refusal }
            if let refusal = pod.volumes.refusal(of: node) { return refusal }
        }
        return terms.refusal(of: node, for: pod)
    }

    // MARK: - nowhere

    private func failure(
        _ refusals: [(node: Int, Refusal)], _ count: Int, _ cache: inout SchedulerCache, _ budgets: () -> [Value]
    ) -> Decision.Failure {
        var reasons = refusals.map(\.1.reasons)
        if pod.namedNodes != nil {
            let others = max(count - refusals.count, 0)
            reasons += Array(repeating: ["node(s) didn't satisfy plugin(s) [NodeAffinity]"], count: others)
        }
        var rules = Set(refusals.map(\.1.rule))
        if pod.namedNodes != nil { rules.insert(.node) }
        let preemption = Preemption(search: self, nodes: count)
        let result = preemption.attempt(refusals, &cache, budgets)
        return .init(
            message: FitMessage.text(
                nodes: count, refusals: reasons,
                preemption: result.message.map { "no new claims to deallocate, preemption: \($0)" }),
            rules: rules, preemption: result.plan, endsNomination: result.endsNomination)
    }
}
