import FairleadExpressions
import FairleadRules
package import FairleadModel

/// The rules for MutatingWebhookConfigurations and ValidatingWebhookConfigurations.
///
/// Reference: k8s.io/kubernetes `pkg/apis/admissionregistration/validation`.
package struct WebhookConfigurationValidation {
    private let isMutating: Bool
    /// What an update may keep though a new configuration could not have it.
    private let old: Value?

    /// - Parameter old: the previous configuration; nil for a new one.
    package init(isMutating: Bool, old: Value?) {
        self.isMutating = isMutating
        self.old = old
    }

    private static let webhooks = FieldPath("webhooks")

    package func errors(for configuration: Value) -> [FieldError] {
        let hooks = configuration.items("webhooks")
        let before = old?.items("webhooks") ?? []
        // What was accepted once stays acceptable, for each of these demands by itself.
        let requiresUniqueNames = Set(before.map { $0.text("name") }).count == before.count
        let requiresKnownVersion = before.allSatisfy { hook in
            hook.strings("admissionReviewVersions").contains { Self.reviewVersions.contains($0) }
        }
        let requiresSideEffects =
            old == nil || before.allSatisfy { Self.sideEffects.contains($0.text("sideEffects")) }
        let known = Set(before.flatMap { $0.items("matchConditions") }.map { $0.text("expression") })
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, hook) in hooks.enumerated() {
            let path = Self.webhooks.index(index)
            errors += self.errors(
                ofHook: hook, path, requiresSideEffects: requiresSideEffects, knownConditions: known)
            errors += reviewVersions(hook, path.child("admissionReviewVersions"), requiresKnownVersion)
            let name = hook.text("name")
            if requiresUniqueNames, !name.isEmpty, !names.insert(name).inserted {
                errors.append(.duplicate(path.child("name"), .string(name)))
            }
        }
        return errors
    }

    private static let reviewVersions = ["v1", "v1beta1"]
    private static let sideEffects = ["None", "NoneOnDryRun"]

    private func reviewVersions(_ hook: Value, _ path: FieldPath, _ requiresKnown: Bool) -> [FieldError] {
        let versions = hook.strings("admissionReviewVersions")
        if versions.isEmpty {
            return [.required(path, "must specify one of \(Self.reviewVersions.joined(separator: ", "))")]
        }
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, version) in versions.enumerated() {
            if !seen.insert(version).inserted {
                errors.append(.invalid(path.index(index), .string(version), "duplicate version"))
                continue
            }
            errors += FieldChecks.messages(NameRules.dns1035Label(version), value: version, path.index(index))
        }
        if requiresKnown, !versions.contains(where: { Self.reviewVersions.contains($0) }) {
            errors.append(
                .invalid(
                    path, .array(versions.map { .string($0) }),
                    "must include at least one of \(Self.reviewVersions.joined(separator: ", "))"))
        }
        return errors
    }

    private func errors(
        ofHook hook: Value, _ path: FieldPath, requiresSideEffects: Bool, knownConditions: Set<String>
    ) -> [FieldError] {
        var errors = Self.qualifiedName(hook.text("name"), path.child("name"))
        for (index, rule) in hook.items("rules").enumerated() {
            errors += AdmissionRuleValidation.errors(of: rule, path.child("rules").index(index))
        }
        errors += oneOf(hook["failurePolicy"], ["Fail", "Ignore"], path.child("failurePolicy"))
        errors += oneOf(hook["matchPolicy"], ["Equivalent", "Exact"], path.child("matchPolicy"))
        errors += sideEffects(hook["sideEffects"], path.child("sideEffects"), requiresSideEffects)
        if let seconds = hook["timeoutSeconds"]?.int, !(1...30).contains(seconds) {
            errors.append(
                .invalid(
                    path.child("timeoutSeconds"), .int(seconds), "the timeout value must be between 1 and 30 seconds"))
        }
        for selector in ["namespaceSelector", "objectSelector"] {
            errors += FieldChecks.labelSelector(hook[selector], path.child(selector))
        }
        if isMutating {
            errors += oneOf(hook["reinvocationPolicy"], ["IfNeeded", "Never"], path.child("reinvocationPolicy"))
        }
        errors += WebhookClientValidation.errors(of: hook["clientConfig"] ?? .null, path.child("clientConfig"))
        errors += PolicyValidation.conditionErrors(
            hook.items("matchConditions"), MatchConditions.webhookCompiler, path.child("matchConditions"),
            known: knownConditions)
        return errors
    }

    /// A domain with at least three parts.
    private static func qualifiedName(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let faults = NameRules.dns1123Subdomain(name)
        if !faults.isEmpty { return FieldChecks.messages(faults, value: name, path) }
        if name.split(separator: ".", omittingEmptySubsequences: false).count < 3 {
            return [.invalid(path, .string(name), "should be a domain with at least three segments separated by dots")]
        }
        return []
    }

    private func oneOf(_ value: Value?, _ allowed: [String], _ path: FieldPath) -> [FieldError] {
        guard let text = value?.string, !allowed.contains(text) else { return [] }
        return [.notSupported(path, .string(text), inOrder: allowed)]
    }

    private func sideEffects(_ value: Value?, _ path: FieldPath, _ isStrict: Bool) -> [FieldError] {
        guard let text = value?.string else {
            return isStrict ? [.required(path, "must specify one of \(Self.sideEffects.joined(separator: ", "))")] : []
        }
        let allowed = isStrict ? Self.sideEffects : ["None", "NoneOnDryRun", "Some", "Unknown"]
        return oneOf(.string(text), allowed, path)
    }
}
