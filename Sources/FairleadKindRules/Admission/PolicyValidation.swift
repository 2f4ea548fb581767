package import FairleadExpressions
package import FairleadModel
import FairleadRules

/// The rules for ValidatingAdmissionPolicy and MutatingAdmissionPolicy.
///
/// Reference: k8s.io/kubernetes `pkg/apis/admissionregistration/validation`.
package enum PolicyValidation {
    private static let spec = FieldPath("spec")

    /// - Parameter name: of the policy, which is part of the keys of its annotations.
    package static func validatingErrors(_ policy: Value) -> [FieldError] {
        let source = policy["spec"] ?? .null
        var errors = commonErrors(source)
        let hasParams = source["paramKind"]?.object != nil
        let variables = source.items("variables")
        var compiler = AdmissionCompiler(hasParams: hasParams, hasVariables: !variables.isEmpty)
        errors += variableErrors(variables, &compiler)
        let validations = source.items("validations")
        let annotations = source.items("auditAnnotations")
        if validations.isEmpty, annotations.isEmpty {
            let why = "validations or auditAnnotations must contain at least one item"
            return errors + [
                .required(spec.child("validations"), why), .required(spec.child("auditAnnotations"), why),
            ]
        }
        for (index, validation) in validations.enumerated() {
            errors += validationErrors(validation, compiler, spec.child("validations").index(index))
        }
        errors += annotationErrors(annotations, policy: policy.name, compiler)
        return errors
    }

    package static func mutatingErrors(_ policy: Value) -> [FieldError] {
        let source = policy["spec"] ?? .null
        var errors = commonErrors(source)
        let hasParams = source["paramKind"]?.object != nil
        let variables = source.items("variables")
        var compiler = AdmissionCompiler(
            hasParams: hasParams, hasVariables: !variables.isEmpty, hasMutations: true)
        errors += variableErrors(variables, &compiler)
        let mutations = source.items("mutations")
        if mutations.isEmpty {
            errors.append(.required(spec.child("mutations"), "mutations must contain at least one item"))
        }
        for (index, mutation) in mutations.enumerated() {
            errors += mutationErrors(mutation, compiler, spec.child("mutations").index(index))
        }
        let reinvocation = source.text("reinvocationPolicy")
        if reinvocation.isEmpty {
            errors.append(.required(spec.child("reinvocationPolicy")))
        } else if !["IfNeeded", "Never"].contains(reinvocation) {
            errors.append(
                .notSupported(
                    spec.child("reinvocationPolicy"), .string(reinvocation), supported: ["IfNeeded", "Never"]))
        }
        return errors
    }

    // MARK: Parts

    private static func commonErrors(_ source: Value) -> [FieldError] {
        var errors: [FieldError] = []
        let failures = source.text("failurePolicy")
        if failures.isEmpty {
            errors.append(.required(spec.child("failurePolicy")))
        } else if !["Fail", "Ignore"].contains(failures) {
            errors.append(
                .notSupported(spec.child("failurePolicy"), .string(failures), supported: ["Fail", "Ignore"]))
        }
        let parameters = source["paramKind"].flatMap { $0.object == nil ? nil : $0 }
        if let parameters { errors += parameterKindErrors(parameters, spec.child("paramKind")) }
        let constraints = spec.child("matchConstraints")
        if let matches = source["matchConstraints"], matches.object != nil {
            errors += PolicyMatchValidation.errors(of: matches, constraints)
            if matches.items("resourceRules").isEmpty { errors.append(.required(constraints.child("resourceRules"))) }
        } else {
            errors.append(.required(constraints))
        }
        errors += conditionErrors(
            source.items("matchConditions"), AdmissionCompiler(hasParams: parameters != nil),
            spec.child("matchConditions"))
        return errors
    }

    private static func parameterKindErrors(_ kind: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let version = kind.text("apiVersion")
        let place = path.child("apiVersion")
        let parts = version.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if version.isEmpty {
            errors.append(.required(place))
        } else if parts.count > 2 {
            errors.append(.invalid(place, .string(version), "unexpected GroupVersion string: \(version)"))
        } else {
            if parts.count == 2, !parts[0].isEmpty {
                errors += joined(NameRules.dns1123Subdomain(parts[0]), value: parts[0], place)
            }
            let last = parts[parts.count - 1]
            if last.isEmpty {
                errors.append(.invalid(place, .string(version), "version must be specified"))
            } else {
                errors += joined(NameRules.dns1035Label(last), value: last, place)
            }
        }
        let name = kind.text("kind")
        if name.isEmpty {
            errors.append(.required(path.child("kind")))
        } else {
            let found = NameRules.dns1035Label(name.lowercased())
            if !found.isEmpty {
                errors.append(
                    .invalid(
                        path.child("kind"), .string(name),
                        "may have mixed case, but should otherwise match: " + found.joined(separator: ",")))
            }
        }
        return errors
    }

    private static func joined(_ messages: [String], value: String, _ path: FieldPath) -> [FieldError] {
        messages.isEmpty ? [] : [.invalid(path, .string(value), messages.joined(separator: ","))]
    }

    private static let mostConditions = 64

    /// The rules for match conditions, of webhooks as well.
    ///
    /// - Parameters:
    ///   - compiler: for expressions without variables.
    ///   - known: expressions that are stored already, and taken as they are.
    package static func conditionErrors(
        _ conditions: [Value], _ compiler: AdmissionCompiler, _ path: FieldPath, known: Set<String> = []
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if conditions.count > mostConditions {
            errors.append(.tooMany(path, actual: conditions.count, maximum: mostConditions))
        }
        var names: Set<String> = []
        for (index, condition) in conditions.enumerated() {
            let here = path.index(index)
            let text = condition.text("expression").withoutOuterSpace
            if text.isEmpty {
                errors.append(.required(here.child("expression")))
            } else if !known.contains(condition.text("expression")) {
                errors += expressionErrors(text, .bool, compiler, here.child("expression"))
            }
            let name = condition.text("name")
            if name.isEmpty {
                errors.append(.required(here.child("name")))
            } else {
                errors += FieldChecks.qualifiedName(name, here.child("name"))
                if !names.insert(name).inserted { errors.append(.duplicate(here.child("name"), .string(name))) }
            }
        }
        return errors
    }

    private static func variableErrors(_ variables: [Value], _ compiler: inout AdmissionCompiler) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, variable) in variables.enumerated() {
            let here = spec.child("variables").index(index)
            let name = variable.text("name")
            if name.withoutOuterSpace.isEmpty {
                errors.append(.required(here.child("name"), "name is not specified"))
            } else if !AdmissionCompiler.isIdentifier(name) {
                errors.append(.invalid(here.child("name"), .string(name), "must be a valid CEL identifier"))
            }
            let text = variable.text("expression")
            if text.withoutOuterSpace.isEmpty {
                errors.append(.required(here.child("expression"), "expression is not specified"))
                continue
            }
            do throws(AdmissionCompiler.Refusal) {
                try compiler.declare(variable: name, text)
            } catch {
                errors.append(.invalid(here.child("expression"), .string(text), error.text))
            }
        }
        return errors
    }

    private static func validationErrors(
        _ validation: Value, _ compiler: AdmissionCompiler, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let text = validation.text("expression")
        if text.withoutOuterSpace.isEmpty {
            errors.append(.required(path.child("expression"), "expression is not specified"))
        } else {
            errors += expressionErrors(text, .bool, compiler, path.child("expression"))
        }
        let words = validation.text("messageExpression")
        if !words.isEmpty {
            let here = path.child("messageExpression")
            if words.withoutOuterSpace.isEmpty {
                errors.append(.invalid(here, .string(words), "must be non-empty if specified"))
            } else {
                errors += expressionErrors(words, .string, compiler.withoutAuthorizer, here)
            }
        }
        let message = validation.text("message")
        let trimmed = message.withoutOuterSpace
        let here = path.child("message")
        if !message.isEmpty, trimmed.isEmpty {
            errors.append(.invalid(here, .string(message), "must be non-empty if specified"))
        } else if hasLines(trimmed) {
            errors.append(.invalid(here, .string(message), "must not contain line breaks"))
        } else if hasLines(text.withoutOuterSpace), trimmed.isEmpty {
            errors.append(.required(here, "must be specified if expression contains line breaks"))
        }
        let reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"]
        if let reason = validation["reason"]?.string, !reasons.contains(reason) {
            errors.append(.notSupported(path.child("reason"), .string(reason), supported: reasons))
        }
        return errors
    }

    private static func hasLines(_ text: String) -> Bool { text.utf8.contains { $0 == 10 || $0 == 13 } }

    private static let mostAnnotations = 20
    private static let longestAnnotation = 5 * 1024

    private static func annotationErrors(
        _ annotations: [Value], policy: String, _ compiler: AdmissionCompiler
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let path = spec.child("auditAnnotations")
        if annotations.count > mostAnnotations {
            errors.append(
                .invalid(path, .array(annotations), "must not have more than \(mostAnnotations) auditAnnotations"))
        }
        var keys: Set<String> = []
        for (index, annotation) in annotations.enumerated() {
            let here = path.index(index)
            let key = annotation.text("key")
            if policy.isEmpty {
                errors.append(.invalid(here.child("key"), .string(key), "requires metadata.name be non-empty"))
            } else {
                errors += FieldChecks.qualifiedName(policy + "/" + key, here.child("key"))
            }
            let text = annotation.text("valueExpression")
            let trimmed = text.withoutOuterSpace
            let place = here.child("valueExpression")
            if trimmed.isEmpty {
                errors.append(.required(place, "valueExpression is not specified"))
            } else if trimmed.utf8.count > longestAnnotation {
                errors.append(.required(place, "must not exceed \(longestAnnotation) bytes in length"))
            } else {
                do throws(AdmissionCompiler.Refusal) {
                    _ = try compiler.compile(trimmed, .stringOrNull)
                } catch {
                    errors.append(.invalid(place, .string(text), error.text))
                }
            }
            if !keys.insert(key).inserted { errors.append(.duplicate(here.child("key"), .string(key))) }
        }
        return errors
    }

    private static func mutationErrors(
        _ mutation: Value, _ compiler: AdmissionCompiler, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let type = mutation.text("patchType")
        let known: [String: (field: String, other: String, AdmissionCompiler.Result)] = [
            "ApplyConfiguration": ("applyConfiguration", "jsonPatch", .object),
            "JSONPatch": ("jsonPatch", "applyConfiguration", .patches),
        ]
        guard let (field, other, result) = known[type] else {
            let place = path.child("patchType")
            errors.append(
                type.isEmpty
                    ? .required(place) : .notSupported(place, .string(type), supported: Array(known.keys)))
            return errors
        }
        let place = path.child(field)
        if let patch = mutation[field], patch.object != nil {
            let text = patch.text("expression")
            if text.withoutOuterSpace.isEmpty {
                errors.append(.required(place.child("expression"), "expression is not specified"))
            } else {
                errors += expressionErrors(text, result, compiler, place.child("expression"))
            }
        } else {
            errors.append(.required(place, "must be specified when patchType is \(type)"))
        }
        if mutation[other]?.object != nil {
            errors.append(
                .invalid(path.child(other), mutation[other] ?? .null, "must not be specified when patchType is \(type)")
            )
        }
        return errors
    }

    private static func expressionErrors(
        _ text: String, _ result: AdmissionCompiler.Result, _ compiler: AdmissionCompiler, _ path: FieldPath
    ) -> [FieldError] {
        do throws(AdmissionCompiler.Refusal) {
            _ = try compiler.compile(text, result)
            return []
        } catch {
            return [.invalid(path, .string(text), error.text)]
        }
    }
}
