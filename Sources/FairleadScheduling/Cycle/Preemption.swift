import FairleadModel

/// Who has to leave so that a pod of higher priority fits. Pure.
///
/// Reference: "Pod Priority and Preemption"; kube-scheduler's plugin DefaultPreemption.
struct Preemption {
    /// Pods that leave a node for another.
    struct Plan: Sendable {
        var node: String
        var victims: [PodInfo]
        /// Pods of lower priority that were to get room on the node: they have to look again.
        var displaced: [PodInfo]
    }

    struct Result {
        var plan: Plan?
        /// nil if there is a plan.
        var message: String?
        var endsNomination = false
    }

    private struct Candidate {
        var node: String
        /// The most important first.
        var victims: [PodInfo]
        /// How many of them a budget wants to keep.
        var violations: Int
    }

    let search: NodeSearch
    let nodes: Int

    func attempt(
        _ refusals: [(node: Int, Refusal)], _ cache: inout SchedulerCache, _ budgets: () -> [Value]
    ) -> Result {
        let info = search.pod.info
        if !search.pod.mayPreempt { return Result(message: "not eligible due to preemptionPolicy=Never.") }
        if let nominated = cache.nomination(of: info.uid), let node = cache.node(nominated), node.isThere {
            let isHopeless = refusals.contains { cache.nodes[$0.node].name == nominated && !$0.1.isCurable }
            let isBeingCleared = node.pods.values.contains { $0.isPreempted && $0.priority < info.priority }
            if !isHopeless, isBeingCleared {
                return Result(message: "not eligible due to a terminating pod on the nominated node.")
            }
        }
        let curable = refusals.filter(\.1.isCurable)
        var candidates: [Candidate] = []
        var reasons: [[String]] = []
        if !curable.isEmpty {
            let budgets = budgets().compactMap(Budget.init)
            let enough = max(curable.count / 10, 100)
            for (position, _) in curable where candidates.count < enough {
                switch trial(cache.nodes[position], cache, budgets) {
                case .candidate(let candidate): candidates.append(candidate)
                case .refused(let why): reasons.append(why)
                }
            }
        }
        if let best = Self.best(candidates) {
            let displaced = (cache.nominated[best.node] ?? []).filter {
                $0.priority < info.priority && $0.uid != info.uid
            }
            return Result(plan: Plan(node: best.node, victims: best.victims, displaced: displaced))
        }
        let others = max(nodes - reasons.count, 0)
        reasons += Array(repeating: ["Preemption is not helpful for scheduling"], count: others)
        return Result(message: FitMessage.text(nodes: nodes, refusals: reasons, preemption: nil), endsNomination: true)
    }

    private enum Trial {
        case candidate(Candidate)
        case refused([String])
    }

    /// Supposes all pods of lower priority gone, then takes back as many as possible, the most important first.
    private func trial(_ node: NodeInfo, _ cache: SchedulerCache, _ budgets: [Budget]) -> Trial {
        let pod = search.pod
        let lower = node.pods.values.filter { $0.priority < pod.info.priority }.sorted(by: Self.isMoreImportant)
        if lower.isEmpty { return .refused(["No preemption victims found for incoming pod"]) }
        var trial = node
        var terms = search.terms
        for other in lower {
            trial.remove(other.uid)
            terms.change(by: -1, other, on: node, for: pod, cache.namespaces)
        }
        if let refusal = search.refusal(of: trial, terms, cache) { return .refused(refusal.reasons) }
        var victims: [PodInfo] = []
        func reprieves(_ other: PodInfo) -> Bool {
            trial.add(other)
            terms.change(by: 1, other, on: node, for: pod, cache.namespaces)
            if search.refusal(of: trial, terms, cache) == nil { return true }
            trial.remove(other.uid)
            terms.change(by: -1, other, on: node, for: pod, cache.namespaces)
            victims.append(other)
            return false
        }
        let (protected, others) = Budget.divide(lower, budgets)
        var violations = 0
        for other in protected where !reprieves(other) { violations += 1 }
        for other in others { _ = reprieves(other) }
        if !protected.isEmpty { victims.sort(by: Self.isMoreImportant) }
        return .candidate(Candidate(node: node.name, victims: victims, violations: violations))
    }

    /// By priority, then by how long it has run.
    private static func isMoreImportant(_ left: PodInfo, _ right: PodInfo) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.startTime != right.startTime {
            // One that has not started is the less important.
            return left.startTime.isEmpty ? false : right.startTime.isEmpty || left.startTime < right.startTime
        }
        return left.objectName < right.objectName
    }

    /// The fewest broken budgets, the lowest of the highest priorities, the lowest sum of priorities, the fewest victims,
    /// the latest start of the most important ones; then the first.
    private static func best(_ candidates: [Candidate]) -> Candidate? {
        var left = candidates
        func keep<Score: Comparable>(_ score: (Candidate) -> Score) {
            guard left.count > 1, let best = left.map(score).min() else { return }
            left = left.filter { score($0) == best }
        }
        keep { $0.violations }
        keep { $0.victims.first?.priority ?? .min }
        keep { candidate in candidate.victims.reduce(Int64(0)) { $0 +| $1.priority +| (Int64(Int32.max) + 1) } }
        keep { $0.victims.count }
        if left.count > 1 {
            func earliest(_ candidate: Candidate) -> String {
                let highest = candidate.victims.first?.priority
                let starts = candidate.victims.filter { $0.priority == highest }.map(\.startTime)
                return starts.filter { !$0.isEmpty }.min() ?? "~"
            }
            if let latest = left.map(earliest).max() { left = left.filter { earliest($0) == latest } }
        }
        return left.min { $0.node < $1.node }
    }

    /// What a PodDisruptionBudget allows.
    struct Budget {
        let namespace: String
        let selector: LabelSelector
        let allowed: Int64
        /// Pods whose eviction has been granted already.
        let granted: Object

        init?(_ budget: Value) {
            // One with a selector that means nothing keeps no pod.
            guard let selector = try? LabelSelector(labelSelector: budget.at("spec", "selector") ?? .null),
                !selector.isEmpty
            else { return nil }
            self.selector = selector
            namespace = budget.namespace
            allowed = budget.at("status", "disruptionsAllowed")?.int ?? 0
            granted = budget.at("status", "disruptedPods")?.object ?? Object()
        }

        /// Divides pods, in their order, into those whose leaving breaks a budget and the others.
        static func divide(_ pods: [PodInfo], _ budgets: [Budget]) -> (protected: [PodInfo], others: [PodInfo]) {
            var left = budgets.map(\.allowed)
            var result: (protected: [PodInfo], others: [PodInfo]) = ([], [])
            for pod in pods {
                var isProtected = false
                for (index, budget) in budgets.enumerated()
                where !pod.labels.isEmpty && budget.namespace == pod.namespace && budget.granted[pod.name] == nil
                    && budget.selector.matches(pod.labels)
                {
                    left[index] = left[index] -| 1
                    if left[index] < 0 { isProtected = true }
                }
                if isProtected { result.protected.append(pod) } else { result.others.append(pod) }
            }
            return result
        }
    }
}
