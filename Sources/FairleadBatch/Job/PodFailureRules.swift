import FairleadModel

/// A Job's `podFailurePolicy`, applied to failed pods.
struct PodFailureRules {
    enum Action: String {
        case failJob = "FailJob"
        case failIndex = "FailIndex"
        case ignore = "Ignore"
        case count = "Count"
    }

    struct Match {
        /// Nil if no rule matches the pod.
        var action: Action?
        /// Why the Job fails, if it does.
        var message = ""
        var counts: Bool { action != .ignore }
    }

    private let rules: [Value]
    private let hasLimitPerIndex: Bool

    init(of job: Value) {
        rules = job.items("spec", "podFailurePolicy", "rules")
        hasLimitPerIndex = job.at("spec", "backoffLimitPerIndex") != nil
    }

    /// The first rule that matches the pod decides.
    func match(_ pod: Value) -> Match {
        for (index, rule) in rules.enumerated() {
            guard let action = Action(rawValue: rule["action"]?.string ?? "") else { continue }
            if action == .failIndex, !hasLimitPerIndex { continue }
            guard let reason = reason(rule, pod) else { continue }
            return Match(action: action, message: "\(reason) matching \(action.rawValue) rule at index \(index)")
        }
        return Match()
    }

    private func reason(_ rule: Value, _ pod: Value) -> String? {
        let name = "\(pod.namespace)/\(pod.name)"
        if let requirement = rule["onExitCodes"] {
            guard let (container, code) = container(in: pod, requirement) else { return nil }
            return "Container \(container) for pod \(name) failed with exit code \(code)"
        }
        for pattern in rule.items("onPodConditions") {
            let isMet = pod.items("status", "conditions").contains {
                $0["type"] == pattern["type"] && $0["status"] == pattern["status"]
            }
            if isMet { return "Pod \(name) has condition \(pattern["type"]?.string ?? "")" }
        }
        return nil
    }

    private func container(in pod: Value, _ requirement: Value) -> (name: String, code: Int64)? {
        let name = requirement["containerName"]?.string
        let values = Set(requirement.items("values").compactMap(\.int))
        let isIn = requirement["operator"]?.string == "In"
        let statuses = pod.items("status", "containerStatuses") + pod.items("status", "initContainerStatuses")
        for status in statuses {
            let container = status["name"]?.string ?? ""
            guard name == nil || name == container,
                let code = status.at("state", "terminated")?["exitCode"]?.int, code != 0, values.contains(code) == isIn
            else { continue }
            return (container, code)
        }
        return nil
    }
}
