package import FairleadModel

/// The rules for tolerations, and for the effects, which taints share.
package enum TolerationValidation {
    package static let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    package static func errors(_ tolerations: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, toleration) in tolerations.enumerated() {
            errors += self.errors(of: toleration, path.index(index))
        }
        return errors
    }

    private static func errors(of toleration: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let key = toleration.text("key")
        let comparison = toleration.text("operator")
        let effect = toleration.text("effect")
        if !key.isEmpty { errors += FieldChecks.qualifiedName(key, path.child("key")) }
        if key.isEmpty, comparison != "Exists" {
            errors.append(
                .invalid(
                    path.child("operator"), .string(comparison),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
        }
        if toleration["tolerationSeconds"] != nil, effect != "NoExecute" {
            errors.append(
                .invalid(
                    path.child("effect"), .string(effect),
                    "effect must be 'NoExecute' when `tolerationSeconds` is set"))
        }
        let value = toleration.text("value")
        switch comparison {
        case "Equal", "":
            let messages = NameRules.labelValue(value)
            if !messages.isEmpty {
                errors.append(.invalid(path.child("operator"), .string(value), messages.joined(separator: ";")))
            }
        case "Exists":
            if !value.isEmpty {
                errors.append(
                    .invalid(
                        path.child("operator"), .string(value), "value must be empty when `operator` is 'Exists'"))
            }
        case "Lt", "Gt":
            // Known, but the feature is off (TaintTolerationComparisonOperators).
            errors.append(
                .notSupported(
                    path.child("operator"), .string(comparison), inOrder: ["Equal", "Exists", "Lt", "Gt"]))
        default:
            errors.append(
                .notSupported(path.child("operator"), .string(comparison), inOrder: ["Equal", "Exists"]))
        }
        if !effect.isEmpty { errors += FieldChecks.oneOf(effect, effects, path.child("effect")) }
        return errors
    }
}
