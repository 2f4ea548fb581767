import FairleadModel

/// A changed condition of a Deployment moves to the end of the list, and its `lastUpdateTime` is set.
///
/// Reference: "Deployments", section "Deployment status"; Kubernetes API reference, DeploymentCondition.
extension Conditions {
    /// Sets the condition; does nothing if status and reason stay the same.
    mutating func change(_ type: String, _ status: String, reason: String, message: String, now: Timestamp) {
        if self.status(type) == status, self.reason(type) == reason { return }
        renew(type, status, reason: reason, message: message, now: now)
    }

    /// Sets the condition even if status and reason stay the same.
    mutating func renew(_ type: String, _ status: String, reason: String, message: String, now: Timestamp) {
        set(
            type, status, reason: reason, message: message, more: ["lastUpdateTime": .string(now.rfc3339)], now: now,
            movesLast: true)
    }

    /// Copies a ReplicaSet's failure.
    mutating func takeFailure(_ condition: Value) {
        let current = self["ReplicaFailure"]
        if let current, current["status"] == condition["status"], current["reason"] == condition["reason"] { return }
        var copy = condition
        copy["lastUpdateTime"] = condition["lastTransitionTime"]
        put(copy, movesLast: true)
    }
}
