package import FairleadModel

/// The `eviction` subresource: a deletion that respects disruption budgets.
///
/// Reference: EvictionREST of k8s.io/kubernetes `pkg/registry/core/pod/storage/eviction.go`.
package struct PodEviction: Sendable {
    /// The pod to store before it is deleted, with the condition DisruptionTarget; nil if the pod can be deleted as it
    /// is (it never ran, or is already terminating).
    package var markedPod: Value?
    /// The budget with one allowed disruption less, nil if none is affected.
    package var chargedBudget: Value?

    /// Decides on an eviction.
    ///
    /// - Parameter budgets: all budgets of the pod's namespace.
    /// - Throws: 429 if a budget allows no disruption, 500 if two budgets select the pod.
    package static func plan(pod: Value, budgets: [Value], at now: Timestamp) throws(APIStatus) -> PodEviction {
        if isFreeOfBudgets(pod) { return PodEviction(markedPod: nil, chargedBudget: nil) }
        let covering = budgets.filter { selects($0, pod) }
        if covering.count > 1 {
            throw APIStatus(
                code: 500, reason: "",
                message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
                    + "support.")
        }
        var charged: Value?
        if let budget = covering.first, !mayIgnore(budget, for: pod) {
            charged = try charge(budget, for: pod, at: now)
        }
        return PodEviction(markedPod: pod.deletionTimestamp == nil ? mark(pod, at: now) : nil, chargedBudget: charged)
    }

    /// Evicting pods that have finished, never started or are already terminating disrupts nothing.
    private static func isFreeOfBudgets(_ pod: Value) -> Bool {
        let phase = pod.at("status", "phase")?.string ?? ""
        return ["Succeeded", "Failed", "Pending"].contains(phase) || pod.deletionTimestamp != nil
    }

    private static func selects(_ budget: Value, _ pod: Value) -> Bool {
        guard let selector = budget.at("spec", "selector"),
            let parsed = try? LabelSelector(labelSelector: selector)
        else { return false }
        return parsed.matches(pod.labels)
    }

    private static func isReady(_ pod: Value) -> Bool {
        (pod.at("status", "conditions")?.array ?? []).contains {
            $0.text("type") == "Ready" && $0.text("status") == "True"
        }
    }

    /// Unready pods may be evicted if the budget always allows it, or if enough others are healthy.
    private static func mayIgnore(_ budget: Value, for pod: Value) -> Bool {
        if isReady(pod) { return false }
        if budget.at("spec", "unhealthyPodEvictionPolicy")?.string == "AlwaysAllow" { return true }
        let status = budget["status"] ?? .null
        return status.number("desiredHealthy") > 0
            && status.number("currentHealthy") >= status.number("desiredHealthy")
    }

    private static let refusal = "Cannot evict pod as it would violate the pod's disruption budget."

    private static func charge(_ budget: Value, for pod: Value, at now: Timestamp) throws(APIStatus) -> Value {
        let status = budget["status"] ?? .null
        let name = budget.name
        if status.number("observedGeneration") < budget.generation {
            throw tooMany("The disruption budget \(name) is still being processed by the server.", retryAfter: 10)
        }
        let allowed = status.number("disruptionsAllowed")
        if allowed < 0 {
            throw APIStatus.forbidden(
                GroupResource(group: "policy", resource: "poddisruptionbudget"), name: name,
                "pdb disruptions allowed is negative")
        }
        let sync = status.items("conditions").first { $0.text("type") == "DisruptionAllowed" }
        if allowed == 0, let sync, sync.text("reason") == "SyncFailed" {
            throw tooMany(
                "The disruption budget \(name) does not allow evicting pods currently because it failed sync: "
                    + sync.text("message"))
        }
        if allowed == 0 {
            throw tooMany(
                "The disruption budget \(name) needs \(status.number("desiredHealthy")) healthy pods "
                    + "and has \(status.number("currentHealthy")) currently")
        }
        var result = budget
        result.set(.int(allowed -| 1), at: "status", "disruptionsAllowed")
        result.set(.string(now.rfc3339), at: "status", "disruptedPods", pod.name)
        return result
    }

    private static func tooMany(_ why: String, retryAfter: Int = 0) -> APIStatus {
        let cause = APIStatus.Cause(reason: "DisruptionBudget", message: why, field: "")
        return APIStatus(
            code: 429, reason: "TooManyRequests", message: refusal,
            details: APIStatus.Details(causes: [cause], retryAfterSeconds: retryAfter))
    }

    private static func mark(_ pod: Value, at now: Timestamp) -> Value {
        var result = pod
        PodConditions.set(
            [
                "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI",
                "message": "Eviction API: evicting",
            ], in: &result, at: now)
        return result
    }
}
