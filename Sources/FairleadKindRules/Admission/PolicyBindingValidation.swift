package import FairleadModel
import FairleadRules

/// The rules for the bindings of policies.
package enum PolicyBindingValidation {
    private static let spec = FieldPath("spec")

    package static func errors(_ binding: Value, isMutating: Bool) -> [FieldError] {
        let source = binding["spec"] ?? .null
        var errors: [FieldError] = []
        let policy = source.text("policyName")
        if policy.isEmpty {
            errors.append(.required(spec.child("policyName")))
        } else {
            errors += FieldChecks.messages(
                NameRules.dns1123Subdomain(policy), value: policy, spec.child("policyName"))
        }
        if let parameters = source["paramRef"], parameters.object != nil {
            errors += parameterErrors(parameters, spec.child("paramRef"))
        }
        if let matches = source["matchResources"], matches.object != nil {
            // Misspelt in Kubernetes.
            errors += PolicyMatchValidation.errors(of: matches, spec.child("matchResouces"))
        }
        if !isMutating { errors += actionErrors(source.strings("validationActions"), spec.child("validationActions")) }
        return errors
    }

    private static func parameterErrors(_ reference: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let name = reference.text("name")
        let selector = reference["selector"].flatMap { $0.isNull ? nil : $0 }
        let both = "name and selector are mutually exclusive"
        if !name.isEmpty {
            errors += FieldChecks.messages(NameRules.pathSegment(name), value: name, path.child("name"))
            if selector != nil { errors.append(.forbidden(path.child("name"), both)) }
        }
        if let selector {
            errors += FieldChecks.labelSelector(selector, path.child("selector"))
            if !name.isEmpty { errors.append(.forbidden(path.child("selector"), both)) }
        }
        if name.isEmpty, selector == nil {
            errors.append(.required(path, "one of name or selector must be specified"))
        }
        let action = reference.text("parameterNotFoundAction")
        let place = path.child("parameterNotFoundAction")
        if action.isEmpty {
            errors.append(.required(place))
        } else if action != "Deny", action != "Allow" {
            errors.append(.notSupported(place, .string(action), inOrder: ["Deny", "Allow"]))
        }
        return errors
    }

    private static func actionErrors(_ actions: [String], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, action) in actions.enumerated() {
            if !["Audit", "Deny", "Warn"].contains(action) {
                errors.append(
                    .notSupported(path.index(index), .string(action), supported: ["Audit", "Deny", "Warn"]))
            }
            if !seen.insert(action).inserted { errors.append(.duplicate(path.index(index), .string(action))) }
        }
        if seen.contains("Deny"), seen.contains("Warn") {
            errors.append(
                .invalid(
                    path, .array(actions.map { .string($0) }),
                    "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"
                ))
        }
        if seen.isEmpty { errors.append(.required(path, "at least one validation action is required")) }
        return errors
    }
}

/// The rules for `matchConstraints` and `matchResources`.
enum PolicyMatchValidation {
    static func errors(of matches: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let policy = matches.text("matchPolicy")
        if policy.isEmpty {
            errors.append(.required(path.child("matchPolicy")))
        } else if !["Equivalent", "Exact"].contains(policy) {
            errors.append(
                .notSupported(path.child("matchPolicy"), .string(policy), supported: ["Equivalent", "Exact"]))
        }
        for field in ["namespaceSelector", "objectSelector"] {
            if let selector = matches[field], selector.object != nil {
                errors += FieldChecks.labelSelector(selector, path.child(field))
            } else {
                errors.append(.required(path.child(field)))
            }
        }
        for field in ["resourceRules", "excludeResourceRules"] {
            for (index, rule) in matches.items(field).enumerated() {
                let here = path.child(field).index(index)
                errors += nameErrors(rule.strings("resourceNames"), here.child("resourceNames"))
                errors += AdmissionRuleValidation.errors(of: rule, here)
            }
        }
        return errors
    }

    private static func nameErrors(_ names: [String], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            errors += FieldChecks.messages(NameRules.pathSegment(name), value: name, path.index(index))
            if !seen.insert(name).inserted { errors.append(.duplicate(path.index(index), .string(name))) }
        }
        return errors
    }
}
