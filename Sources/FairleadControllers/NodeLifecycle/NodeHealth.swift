import FairleadModel

/// The health of a node, judged by its last report and its age. Pure.
///
/// A kubelet shows that it is alive by renewing its Lease in kube-node-lease or by writing its status. After the grace
/// period its conditions become Unknown. Reference: Kubernetes documentation, "Nodes: heartbeats" and "node
/// controller".
struct NodeHealth {
    struct Limits: Sendable, Hashable {
        var grace: Duration
        /// For a node that has never reported.
        var startup: Duration
    }

    enum Verdict: Equatable {
        /// Look again after this time if nothing is heard until then.
        case heard(lookAgainAfter: Duration)
        /// Silent for too long: write these conditions.
        case silent(Conditions)
        /// Already known to be silent.
        case known
    }

    private static let pressures = ["MemoryPressure", "DiskPressure", "PIDPressure"]

    /// - Parameter silence: the time since the last heartbeat (or since the node was first seen).
    static func verdict(_ node: NodeView, silence: Duration, limits: Limits, now: Timestamp) -> Verdict {
        let ready = node.condition("Ready")
        let limit = ready == nil ? limits.startup : limits.grace
        if silence < limit { return .heard(lookAgainAfter: limit - silence) }
        let conditions = unknown(node, now: now)
        return conditions == Conditions(of: node.value) ? .known : .silent(conditions)
    }

    /// All conditions, with Ready and the pressures Unknown.
    private static func unknown(_ node: NodeView, now: Timestamp) -> Conditions {
        var conditions = Conditions(of: node.value)
        for type in ["Ready"] + pressures {
            guard let condition = conditions[type] else {
                conditions.set(
                    type, "Unknown", reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status.",
                    more: ["lastHeartbeatTime": .string(node.value.creationTimestamp)], now: now)
                continue
            }
            if condition.text("status") == "Unknown" { continue }
            conditions.set(
                type, "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.",
                more: condition["lastHeartbeatTime"].map { ["lastHeartbeatTime": $0] } ?? Object(), now: now)
        }
        return conditions
    }
}
