import FairleadModel

/// The taints that follow from a node's conditions. Pure. Reference: Kubernetes documentation, "Taint nodes by
/// condition".
enum NodeTaints {
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"
    static let unschedulable = "node.kubernetes.io/unschedulable"

    /// Condition type, the status that taints, the key.
    private static let byCondition: [(type: String, status: String, key: String)] = [
        ("Ready", "False", notReady), ("Ready", "Unknown", unreachable),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ]

    /// The desired `spec.taints`; taints of others stay as and where they are.
    ///
    /// A node without a Ready condition gets no taint here, so the one that admission added at its creation is removed.
    /// - Parameter isDisrupted: no node at all is ready; then no node gets a taint that would evict its pods.
    static func desired(_ node: NodeView, isDisrupted: Bool = false, now: Timestamp) -> [Taint] {
        var wanted: [Taint] = []
        for rule in byCondition where node.conditionStatus(rule.type) == rule.status {
            wanted.append(Taint(key: rule.key, effect: "NoSchedule"))
            if rule.type == "Ready", !isDisrupted { wanted.append(Taint(key: rule.key, effect: "NoExecute")) }
        }
        if node.isUnschedulable { wanted.append(Taint(key: unschedulable, effect: "NoSchedule")) }
        var taints = node.taints.filter { taint in
            !isOurs(taint) || wanted.contains { $0.isSame(as: taint) }
        }
        for taint in wanted where !taints.contains(where: { $0.isSame(as: taint) }) {
            taints.append(Taint(key: taint.key, effect: taint.effect, timeAdded: now.rfc3339))
        }
        return taints
    }

    private static func isOurs(_ taint: Taint) -> Bool {
        switch taint.effect {
        case "NoSchedule": taint.key == unschedulable || byCondition.contains { $0.key == taint.key }
        case "NoExecute": taint.key == notReady || taint.key == unreachable
        default: false
        }
    }
}
