import FairleadModel

/// How a node is, by what it last said and when. Pure.
///
/// A kubelet shows that it lives by renewing its Lease in kube-node-lease or by writing its status. After the grace
/// period its conditions become Unknown. Reference: Kubernetes documentation, "Nodes: heartbeats" and "node
/// controller".
struct NodeHealth {
    /// Seconds.
    struct Limits: Sendable, Hashable {
        var grace: Double
        /// For a node that has never reported.
        var startup: Double
    }

    enum Verdict: Equatable {
        /// Look again after so many seconds if nothing is heard until then.
        case heard(lookAgainAfter: Double)
        /// Too long ago: these conditions are to be written.
        case silent([Value])
        /// Already known to be silent.
        case known
    }

    private static let pressures = ["MemoryPressure", "DiskPressure", "PIDPressure"]

    /// - Parameter silence: seconds since the last sign of life (or since the node was first seen).
    static func verdict(_ node: NodeView, silence: Double, limits: Limits, now: Timestamp) -> Verdict {
        let ready = node.condition("Ready")
        let limit = ready == nil ? limits.startup : limits.grace
        if silence < limit { return .heard(lookAgainAfter: limit - silence) }
        let conditions = unknown(node, now: now)
        return conditions == node.value.items("status", "conditions") ? .known : .silent(conditions)
    }

    /// All conditions with Ready and the pressures Unknown.
    private static func unknown(_ node: NodeView, now: Timestamp) -> [Value] {
        var conditions = node.value.items("status", "conditions")
        for type in ["Ready"] + pressures {
            guard let index = conditions.firstIndex(where: { $0.text("type") == type }) else {
                conditions.append(
                    [
                        "type": .string(type), "status": "Unknown", "reason": "NodeStatusNeverUpdated",
                        "message": "Kubelet never posted node status.",
                        "lastHeartbeatTime": .string(node.value.creationTimestamp),
                        "lastTransitionTime": .string(now.rfc3339),
                    ])
                continue
            }
            if conditions[index].text("status") == "Unknown" { continue }
            conditions[index]["status"] = "Unknown"
            conditions[index]["reason"] = "NodeStatusUnknown"
            conditions[index]["message"] = "Kubelet stopped posting node status."
            conditions[index]["lastTransitionTime"] = .string(now.rfc3339)
        }
        return conditions
    }
}
