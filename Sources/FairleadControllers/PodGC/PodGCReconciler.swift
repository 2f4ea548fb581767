import FairleadModel

/// Which pods nothing else will ever clean up.
///
/// - Pods bound to a node that has been missing for 40 seconds: marked Failed, then deleted without grace.
/// - Terminating pods that never got a node.
/// - Finished pods beyond 12,500, oldest first.
/// Reference: "Pod Lifecycle", section "Garbage collection of Pods".
struct PodGCReconciler {
    static let quarantine = Duration.seconds(40)
    static let finishedLimit = 12_500

    struct Plan: Hashable {
        /// Pods to mark as failed before they are deleted.
        var lost: [Value] = []
        var delete: [Value] = []
        /// For the next pass: since when, by the monotonic clock, each node has been known to be missing.
        var missingSince: [String: Duration] = [:]
    }

    let now: Timestamp
    /// The same moment by the monotonic clock.
    let moment: Duration
    var finishedLimit = Self.finishedLimit

    func plan(pods: [Value], nodes: Set<String>, missingSince: [String: Duration]) -> Plan {
        var plan = Plan()
        var finished: [Value] = []
        for pod in pods {
            let view = PodView(pod)
            if view.isFinished, !view.isTerminating { finished.append(pod) }
            if view.nodeName.isEmpty {
                if view.isTerminating { plan.delete.append(pod) }
            } else if !nodes.contains(view.nodeName) {
                let since = plan.missingSince[view.nodeName] ?? missingSince[view.nodeName] ?? moment
                plan.missingSince[view.nodeName] = since
                if moment - since >= Self.quarantine {
                    if view.isFinished { plan.delete.append(pod) } else { plan.lost.append(pod) }
                }
            }
        }
        let surplus = finished.count - finishedLimit
        if surplus > 0 {
            plan.delete += finished.sorted { $0.creationTimestamp < $1.creationTimestamp }.prefix(surplus)
        }
        return plan
    }

    /// The status patch for a pod whose node is gone.
    func failed(_ pod: Value) -> Value {
        var conditions = Conditions(of: pod)
        conditions.set(
            "DisruptionTarget", true, reason: "DeletionByPodGC", message: "PodGC: node no longer exists", now: now,
            movesLast: true)
        return ["status": ["phase": "Failed", "conditions": conditions.value ?? .null]]
    }
}
