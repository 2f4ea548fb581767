package import FairleadModel

/// Validates meta/v1 Conditions: one per type, complete, with a machine-readable reason.
///
/// Reference: ValidateConditions of k8s.io/apimachinery `pkg/apis/meta/v1/validation`.
package enum ConditionValidation {
    private static let longestReason = 1024
    private static let longestMessage = 32 * 1024

    package static func errors(_ conditions: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, condition) in conditions.enumerated() {
            let here = path.index(index)
            let type = condition.text("type")
            if !seen.insert(type).inserted { errors.append(.duplicate(here.child("type"), .string(type))) }
            errors += self.errors(of: condition, here)
        }
        return errors
    }

    private static func errors(of condition: Value, _ path: FieldPath) -> [FieldError] {
        var errors = FieldChecks.qualifiedName(condition.text("type"), path.child("type"))
        errors += FieldChecks.oneOf(condition.text("status"), ["False", "True", "Unknown"], path.child("status"))
        let generation = condition.number("observedGeneration")
        if generation < 0 {
            errors.append(
                .invalid(
                    path.child("observedGeneration"), .int(generation), "must be greater than or equal to zero"))
        }
        if condition.text("lastTransitionTime").isEmpty {
            errors.append(.required(path.child("lastTransitionTime"), "must be set"))
        }
        let reason = condition.text("reason")
        if reason.isEmpty {
            errors.append(.required(path.child("reason"), "must be set"))
        } else {
            errors += FieldChecks.messages(NameRules.conditionReason(reason), value: reason, path.child("reason"))
            if reason.utf8.count > longestReason {
                errors.append(.tooLong(path.child("reason"), maximum: longestReason))
            }
        }
        if condition.text("message").utf8.count > longestMessage {
            errors.append(.tooLong(path.child("message"), maximum: longestMessage))
        }
        return errors
    }
}
