import FairleadModel

/// The conditions of a Deployment, with the rules for when times move.
///
/// Reference: "Deployments", section "Deployment status"; Kubernetes API reference, DeploymentCondition.
struct DeploymentConditions: Hashable {
    private(set) var list: [Value]

    init(_ deployment: Value) { list = deployment.at("status", "conditions")?.array ?? [] }

    subscript(_ type: String) -> Value? { list.first { $0["type"]?.string == type } }

    func reason(_ type: String) -> String? { self[type]?["reason"]?.string }

    mutating func remove(_ type: String) { list.removeAll { $0["type"]?.string == type } }

    /// Puts the condition at the end; nothing happens if status and reason are as they were. The transition time stays
    /// while the status does.
    mutating func set(_ type: String, _ status: String, reason: String, message: String, now: Timestamp) {
        let current = self[type]
        if current?["status"]?.string == status, current?["reason"]?.string == reason { return }
        replace(type, status, reason: reason, message: message, now: now)
    }

    /// Like `set`, but also renews a condition with the same status and reason.
    mutating func replace(_ type: String, _ status: String, reason: String, message: String, now: Timestamp) {
        let current = self[type]
        let isSame = current?["status"]?.string == status
        let transition = isSame ? current?["lastTransitionTime"] : nil
        remove(type)
        list.append([
            "type": .string(type), "status": .string(status), "reason": .string(reason), "message": .string(message),
            "lastUpdateTime": .string(now.rfc3339), "lastTransitionTime": transition ?? .string(now.rfc3339),
        ])
    }

    /// Takes over a ReplicaSet's failure.
    mutating func setFailure(_ condition: Value) {
        let current = self["ReplicaFailure"]
        if current?["status"] == condition["status"], current?["reason"] == condition["reason"] { return }
        remove("ReplicaFailure")
        var copy = condition
        copy["lastUpdateTime"] = condition["lastTransitionTime"]
        list.append(copy)
    }
}
