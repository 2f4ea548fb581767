import FairleadModel

/// Which node a pod goes to, or why it fits nowhere. Pure.
///
/// Filters: the node's name, nodeSelector and required node affinity, taints, `spec.unschedulable`, host ports,
/// resources. `NodeRanking` chooses among the remaining nodes. Pod affinity and topology spread constraints are ignored.
/// Reference: "Kubernetes Scheduler"; messages are those of kube-scheduler's plugins.
struct SchedulingDecision {
    enum Outcome: Hashable {
        case node(String)
        case unschedulable(message: String)
    }

    /// Why a node does not fit, and whether evicting other pods could change that.
    private struct Refusal {
        var reasons: [String]
        var isCurable: Bool
    }

    let pod: Value

    /// - Parameter nodes: in any order.
    func outcome(among nodes: [SchedulingNode]) -> Outcome {
        if nodes.isEmpty { return .unschedulable(message: "no nodes available to schedule pods") }
        let demand = ResourceDemand(pod: pod)
        let ports = HostPort.all(of: pod)
        var fitting: [SchedulingNode] = []
        var refusals: [Refusal] = []
        for node in nodes {
            if let refusal = refusal(of: node, demand, ports) { refusals.append(refusal) } else { fitting.append(node) }
        }
        if let best = NodeRanking(pod: pod).best(of: fitting) { return .node(best.node.name) }
        return .unschedulable(message: message(refusals))
    }

    private func refusal(
        of candidate: SchedulingNode, _ demand: ResourceDemand, _ ports: [HostPort]
    ) -> Refusal? {
        let node = candidate.node
        let tolerations = PodView(pod).tolerations
        if node.isUnschedulable {
            let taint = Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")
            if !tolerations.contains(where: { $0.tolerates(taint) }) {
                return Refusal(reasons: ["node(s) were unschedulable"], isCurable: false)
            }
        }
        let isTainted = node.taints.contains { taint in
            taint.effect != "PreferNoSchedule" && taint.key != "node.kubernetes.io/unschedulable"
                && !tolerations.contains { $0.tolerates(taint) }
        }
        if isTainted { return Refusal(reasons: ["node(s) had untolerated taint(s)"], isCurable: false) }
        let affinity = NodeAffinity(podSpec: pod["spec"] ?? .null)
        if !affinity.matches(name: node.name, labels: node.labels) {
            return Refusal(reasons: ["node(s) didn't match Pod's node affinity/selector"], isCurable: false)
        }
        if ports.contains(where: { candidate.usage.ports.conflict(with: $0) }) {
            return Refusal(
                reasons: ["node(s) didn't have free ports for the requested pod ports"], isCurable: true)
        }
        let allocatable = node.value.at("status", "allocatable")
        let reasons = demand.shortages(of: allocatable, used: candidate.usage.used)
        if reasons.isEmpty { return nil }
        var alone = demand
        alone.pods = 0
        return Refusal(reasons: reasons, isCurable: alone.shortages(of: allocatable, used: .none).isEmpty)
    }

    private func message(_ refusals: [Refusal]) -> String {
        func histogram(_ reasons: [String]) -> String {
            var counts: [String: Int] = [:]
            for reason in reasons { counts[reason, default: 0] += 1 }
            return counts.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
        }
        let head = "0/\(refusals.count) nodes are available: "
        let preemption = refusals.map {
            $0.isCurable ? "No preemption victims found for incoming pod" : "Preemption is not helpful for scheduling"
        }
        return head + histogram(refusals.flatMap(\.reasons)) + ". no new claims to deallocate, preemption: " + head
            + histogram(preemption) + "."
    }
}
