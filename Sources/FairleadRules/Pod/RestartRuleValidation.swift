import FairleadModel

/// The rules for a container's own restart policy and for its restart rules.
enum RestartRuleValidation {
    private static let policies = ["Always", "Never", "OnFailure"]
    private static let actions = ["Restart", "RestartAllContainers"]
    private static let maximumRules = 20
    private static let maximumCodes = 255

    package static func errors(_ container: Value, _ path: FieldPath) -> [FieldError] {
        let rules = container.items("restartPolicyRules")
        var errors: [FieldError] = []
        if let policy = container["restartPolicy"]?.string {
            errors += FieldChecks.oneOf(policy, policies, path.child("restartPolicy"))
        } else if !rules.isEmpty {
            errors.append(missing(path))
        }
        let list = path.child("restartPolicyRules")
        if rules.count > maximumRules {
            errors.append(.tooMany(list, actual: rules.count, maximum: maximumRules))
        }
        for (index, rule) in rules.enumerated() { errors += self.errors(ofRule: rule, list.index(index)) }
        return errors
    }

    /// For an init container without a policy, the restart rules are not validated.
    static func errorsOfInitContainer(_ container: Value, _ path: FieldPath) -> [FieldError] {
        if container["restartPolicy"]?.string != nil { return errors(container, path) }
        return container.items("restartPolicyRules").isEmpty ? [] : [missing(path)]
    }

    private static func missing(_ path: FieldPath) -> FieldError {
        .required(path.child("restartPolicy"), "must specify restartPolicy when restart rules are used")
    }

    private static func errors(ofRule rule: Value, _ path: FieldPath) -> [FieldError] {
        var errors = FieldChecks.oneOf(rule.text("action"), actions, path.child("action"))
        let here = path.child("exitCodes")
        guard let codes = rule["exitCodes"] else { return errors + [.required(here, "must be specified")] }
        errors += FieldChecks.oneOf(codes.text("operator"), ["In", "NotIn"], here.child("operator"))
        let count = codes.items("values").count
        if count > maximumCodes {
            errors.append(.tooMany(here.child("values"), actual: count, maximum: maximumCodes))
        }
        return errors
    }
}
