import FairleadModel

/// Which of the nodes that fit a pod is the best. Pure.
///
/// Each score is spread over the same span, and they are added with the weights of kube-scheduler's plugins: taints
/// that a pod would rather avoid (3), preferred node affinity (2), and few pods of the same owner (2). Equal nodes are
/// told apart by the number of their pods, then by name.
/// Reference: kube-scheduler's plugins TaintToleration, NodeAffinity and PodTopologySpread.
struct NodeRanking {
    private static let span = 1_000_000

    private let pod: Value
    private let owner: String
    private let tolerations: [Toleration]

    init(pod: Value) {
        self.pod = pod
        owner = pod.controllerRef?.uid ?? ""
        // Only these can tolerate a taint with the effect PreferNoSchedule.
        tolerations = PodView(pod).tolerations.filter { $0.effect.isEmpty || $0.effect == "PreferNoSchedule" }
    }

    func best(of nodes: [SchedulingNode]) -> SchedulingNode? {
        guard nodes.count > 1 else { return nodes.first }
        let taints = nodes.map { node in
            node.node.taints.count { taint in
                taint.effect == "PreferNoSchedule" && !tolerations.contains { $0.tolerates(taint) }
            }
        }
        let preferences = NodePreferences(podSpec: pod["spec"] ?? .null)
        let affinities = nodes.map { preferences.weight(name: $0.node.name, labels: $0.node.labels) }
        let companions = nodes.map { $0.usage.podsOfOwner[owner] ?? 0 }
        let scores = zip(Self.fewest(taints), zip(Self.most(affinities), Self.fewest(companions))).map {
            3 * $0 + 2 * $1.0 + 2 * $1.1
        }
        return zip(nodes, scores).min { left, right in
            if left.1 != right.1 { return left.1 > right.1 }
            let (mine, other) = (left.0.usage.used.pods, right.0.usage.used.pods)
            return mine == other ? left.0.node.name < right.0.node.name : mine < other
        }?.0
    }

    private static func most(_ counts: [Int]) -> [Int] {
        guard let most = counts.max(), most > 0 else { return counts.map { _ in 0 } }
        return counts.map { $0 * span / most }
    }

    private static func fewest(_ counts: [Int]) -> [Int] { most(counts).map { span - $0 } }
}
