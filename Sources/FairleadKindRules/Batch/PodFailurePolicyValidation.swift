import FairleadRules
import FairleadModel

/// The rules for a Job's `podFailurePolicy`.
struct PodFailurePolicyValidation {
    private static let mostRules = 20
    private static let mostPatterns = 20
    private static let mostExitCodes = 255
    private static let actions = ["Count", "FailIndex", "FailJob", "Ignore"]

    let spec: Value
    private let containers: Set<String>

    /// - Parameter spec: the Job's spec.
    init(spec: Value) {
        self.spec = spec
        let template = spec.at("template", "spec") ?? .null
        containers = Set((template.items("containers") + template.items("initContainers")).map { $0.text("name") })
    }

    func errors(of policy: Value, _ path: FieldPath) -> [FieldError] {
        let rules = policy.items("rules")
        let here = path.child("rules")
        var errors: [FieldError] = []
        if rules.count > Self.mostRules {
            errors.append(.tooMany(here, actual: rules.count, maximum: Self.mostRules))
        }
        for (index, rule) in rules.enumerated() { errors += self.errors(ofRule: rule, here.index(index)) }
        return errors
    }

    private func errors(ofRule rule: Value, _ path: FieldPath) -> [FieldError] {
        let action = rule.text("action")
        var errors = Self.choice(action, Self.actions, path.child("action"))
        if action == "FailIndex", spec["backoffLimitPerIndex"] == nil {
            errors.append(
                .invalid(path.child("action"), .string(action), "requires the backoffLimitPerIndex to be set"))
        }
        let conditions = rule.items("onPodConditions")
        if let exitCodes = rule["onExitCodes"] {
            errors += self.errors(ofExitCodes: exitCodes, path.child("onExitCodes"))
        }
        errors += self.errors(ofConditions: conditions, path.child("onPodConditions"))
        switch (rule["onExitCodes"] != nil, !conditions.isEmpty) {
        case (true, true):
            errors.append(.bare(path, "specifying both OnExitCodes and OnPodConditions is not supported"))
        case (false, false):
            errors.append(.bare(path, "specifying one of OnExitCodes and OnPodConditions is required"))
        default: break
        }
        return errors
    }

    private func errors(ofConditions conditions: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if conditions.count > Self.mostPatterns {
            errors.append(.tooMany(path, actual: conditions.count, maximum: Self.mostPatterns))
        }
        for (index, pattern) in conditions.enumerated() {
            let here = path.index(index)
            errors += FieldChecks.qualifiedName(pattern.text("type"), here.child("type"))
            errors += Self.choice(pattern.text("status"), ["False", "True", "Unknown"], here.child("status"))
        }
        return errors
    }

    private func errors(ofExitCodes requirement: Value, _ path: FieldPath) -> [FieldError] {
        let comparison = requirement.text("operator")
        var errors = Self.choice(comparison, ["In", "NotIn"], path.child("operator"))
        if let name = requirement["containerName"]?.string, !containers.contains(name) {
            errors.append(
                .invalid(
                    path.child("containerName"), .string(name),
                    "must be one of the container or initContainer names in the pod template"))
        }
        let here = path.child("values")
        let values = requirement.items("values").compactMap(\.int)
        // It is no longer known whether the list was empty or absent.
        let printed = Value.array(values.map(Value.int))
        if values.isEmpty {
            errors.append(.invalid(here, printed, "at least one value is required"))
        } else if values.count > Self.mostExitCodes {
            errors.append(.tooMany(here, actual: values.count, maximum: Self.mostExitCodes))
        }
        var seen: Set<Int64> = []
        for (index, value) in values.enumerated() {
            if comparison == "In", value == 0 {
                errors.append(.invalid(here.index(index), .int(value), "must not be 0 for the In operator"))
            }
            if !seen.insert(value).inserted { errors.append(.duplicate(here.index(index), .int(value))) }
        }
        if zip(values, values.dropFirst()).contains(where: { $0 > $1 }) {
            errors.append(.invalid(here, printed, "must be ordered"))
        }
        return errors
    }

    /// A required field with a fixed set of values.
    private static func choice(_ text: String, _ allowed: [String], _ path: FieldPath) -> [FieldError] {
        if !text.isEmpty { return FieldChecks.oneOf(text, allowed, path) }
        return [.required(path, "valid values: [" + allowed.map(\.goQuoted).joined(separator: " ") + "]")]
    }
}
