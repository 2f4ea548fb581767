import FairleadRules
import FairleadModel

/// What the kinds that make pods have in common: the template and the selector that must match it.
///
/// Reference: k8s.io/kubernetes `pkg/apis/apps/validation/validation.go`.
enum WorkloadRules {
    static let spec = FieldPath("spec")

    static func defaultTemplate(_ spec: inout Value) {
        var template = spec["template"] ?? .object(Object())
        PodSpecDefaults.apply(toTemplate: &template)
        spec["template"] = template
    }

    /// Required, well-formed, not empty. (Kubernetes speaks of deployments to all kinds but DaemonSets and
    /// StatefulSets.)
    static func selector(_ value: Value?, emptyFor kind: String = "deployment") -> [FieldError] {
        let path = spec.child("selector")
        guard let value else { return [.required(path)] }
        var errors = FieldChecks.labelSelector(value, path)
        if value.entries("matchLabels").isEmpty, value.items("matchExpressions").isEmpty {
            errors.append(
                .invalid(path, printed: value.selectorText, "empty selector is invalid for \(kind)"))
        }
        return errors
    }

    /// The template of pods that run forever.
    static func template(
        _ object: Value, controller: String, _ context: StrategyContext
    ) -> [FieldError] {
        let path = spec.child("template")
        let template = object.at("spec", "template") ?? .null
        var errors: [FieldError] = []
        let selector = object.at("spec", "selector") ?? .null
        guard let parsed = try? LabelSelector(labelSelector: selector) else {
            return [.invalid(spec.child("selector"), printed: selector.selectorText, "invalid label selector")]
        }
        let labels = template.at("metadata", "labels")
        // A selector that is missing selects nothing (LabelSelectorAsSelector of nil), an empty one is another error.
        let isMissing = object.at("spec", "selector") == nil && controller != "ReplicationController"
        if isMissing || !parsed.isEmpty && isSelector(selector) && !parsed.matches(labels?.stringMap ?? [:]) {
            errors.append(
                .invalid(
                    path.child("metadata", "labels"), labels ?? .null,
                    "`selector` does not match template `labels`"))
        }
        let validation = PodSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged)
        let claims = object.items("spec", "volumeClaimTemplates").map(\.name)
        errors += validation.errors(ofTemplate: template, path, claims: Set(claims))
        let policy = template.at("spec", "restartPolicy")?.string ?? ""
        if policy != "Always" {
            errors.append(
                .notSupported(path.child("spec", "restartPolicy"), .string(policy), inOrder: ["Always"]))
        }
        if template.at("spec", "activeDeadlineSeconds") != nil {
            errors.append(
                .forbidden(
                    path.child("spec", "activeDeadlineSeconds"),
                    "activeDeadlineSeconds in \(controller) is not Supported"))
        }
        return errors
    }

    /// Whether there is anything to select by; an empty selector has an error of its own.
    private static func isSelector(_ value: Value) -> Bool {
        !value.entries("matchLabels").isEmpty || !value.items("matchExpressions").isEmpty
    }

    static func immutableSelector(_ object: Value, old: Value) -> [FieldError] {
        let new = object.at("spec", "selector")
        if new == old.at("spec", "selector") { return [] }
        let printed = (new ?? .null).selectorText
        return [.invalid(spec.child("selector"), printed: printed, FieldChecks.immutable)]
    }

    static func nonNegative(_ object: Value, _ part: String, _ fields: [String]) -> [FieldError] {
        fields.flatMap { FieldChecks.nonNegative(object.at(part, $0), FieldPath(part).child($0)) }
    }

    /// Replica counts in a status: none below zero, none above the total.
    static func statusCounts(_ object: Value, _ counts: [String]) -> [FieldError] {
        let status = object["status"] ?? .null
        var errors = nonNegative(object, "status", ["observedGeneration", "replicas"] + counts)
        for name in counts where name != "unavailableReplicas" && name != "terminatingReplicas" {
            let count = status.number(name)
            guard count > status.number("replicas") else { continue }
            errors.append(
                .invalid(
                    FieldPath("status").child(name), .int(count), "cannot be greater than status.replicas"))
        }
        let available = status.number("availableReplicas")
        if available > status.number("readyReplicas") {
            errors.append(
                .invalid(
                    FieldPath("status", "availableReplicas"), .int(available),
                    "cannot be greater than readyReplicas"))
        }
        return errors
    }

    static func warnings(_ object: Value, isNew: Bool, namesHosts: Bool = true) -> [String] {
        var warnings: [String] = []
        if isNew, namesHosts {
            warnings += PodWarnings.ofName(object.name, usedIn: "Pod names and hostnames")
        }
        return warnings + PodWarnings.ofTemplate(object.at("spec", "template"), spec.child("template"))
    }
}
