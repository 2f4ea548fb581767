import FairleadRules
import FairleadModel

/// What the kinds that create pods have in common: the template and the selector that must match it.
///
/// Reference: k8s.io/kubernetes `pkg/apis/apps/validation/validation.go`.
enum WorkloadRules {
    static let spec = FieldPath("spec")
    private static let templatePath = spec.child("template")

    static func defaultTemplate(_ spec: inout Value) {
        var template = spec["template"] ?? .object(Object())
        PodSpecDefaults.apply(toTemplate: &template)
        spec["template"] = template
    }

    /// Required, well-formed, not empty. (Kubernetes' message says "deployment" for all kinds except DaemonSets and
    /// StatefulSets.)
    static func selector(_ value: Value?, emptyFor kind: String = "deployment") -> [FieldError] {
        let path = spec.child("selector")
        guard let value else { return [.required(path)] }
        return FieldChecks.labelSelector(value, path) + emptySelector(value, for: kind)
    }

    static func emptySelector(_ value: Value, for kind: String) -> [FieldError] {
        guard value.entries("matchLabels").isEmpty, value.items("matchExpressions").isEmpty else { return [] }
        return [
            .invalid(spec.child("selector"), printed: value.selectorText, "empty selector is invalid for \(kind)")
        ]
    }

    /// An error if the selector cannot be used at all, in addition to those for whatever makes it malformed.
    static func unusableSelector(_ value: Value?, _ detail: String) -> [FieldError] {
        let selector = value ?? .null
        if (try? LabelSelector(labelSelector: selector)) != nil { return [] }  // any errors are reported elsewhere
        return [.invalid(spec.child("selector"), printed: selector.selectorText, detail)]
    }

    /// The selector must match the template's labels. A missing selector matches nothing, an empty one everything.
    static func selectedLabels(_ spec: Value) -> [FieldError] {
        let labels = spec.at("template", "metadata", "labels")
        if let selector = spec["selector"] {
            // Without a usable selector there is nothing to check.
            guard let parsed = try? LabelSelector(labelSelector: selector) else { return [] }
            if parsed.isEmpty || parsed.matches(labels?.stringMap ?? [:]) { return [] }
        }
        return [unselected(labels)]
    }

    static func unselected(_ labels: Value?) -> FieldError {
        .invalid(
            templatePath.child("metadata", "labels"), labels ?? .null, "`selector` does not match template `labels`")
    }

    /// The template of pods that are restarted forever.
    static func template(_ spec: Value, controller: String, _ context: StrategyContext) -> [FieldError] {
        let template = spec["template"] ?? .null
        let validation = PodSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged)
        let claims = spec.items("volumeClaimTemplates").map(\.name)
        return validation.errors(ofTemplate: template, templatePath, claims: Set(claims))
            + endless(template, controller: controller)
    }

    /// The pods must be restarted forever.
    static func endless(_ template: Value, controller: String) -> [FieldError] {
        var errors: [FieldError] = []
        let policy = template.at("spec", "restartPolicy")?.string ?? ""
        if policy != "Always" {
            errors.append(
                .notSupported(templatePath.child("spec", "restartPolicy"), .string(policy), inOrder: ["Always"]))
        }
        if template.at("spec", "activeDeadlineSeconds") != nil {
            errors.append(
                .forbidden(
                    templatePath.child("spec", "activeDeadlineSeconds"),
                    "activeDeadlineSeconds in \(controller) is not Supported"))
        }
        return errors
    }

    /// The selector and template of ReplicaSets and Deployments.
    static func selectorAndTemplate(_ spec: Value, _ context: StrategyContext) -> [FieldError] {
        let unusable = unusableSelector(spec["selector"] ?? .object(Object()), "invalid label selector")
        return selector(spec["selector"])
            + (unusable.isEmpty ? selectedLabels(spec) + template(spec, controller: "ReplicaSet", context) : unusable)
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

    /// Checks that no count of a status exceeds the total, and that the available count does not exceed the ready
    /// count.
    /// - Parameter ready: the name of the ready count in the error.
    static func boundedCounts(_ object: Value, _ counts: [String], ready: String = "readyReplicas") -> [FieldError] {
        let status = object["status"] ?? .null
        let path = FieldPath("status")
        var errors: [FieldError] = []
        for name in counts where status.number(name) > status.number("replicas") {
            errors.append(
                .invalid(
                    path.child(name), .int(status.number(name)), "cannot be greater than status.replicas"))
        }
        let available = status.number("availableReplicas")
        if available > status.number("readyReplicas") {
            errors.append(
                .invalid(path.child("availableReplicas"), .int(available), "cannot be greater than \(ready)"))
        }
        return errors
    }

    /// The number of name collisions only grows.
    static func collisionCount(_ object: Value, old: Value) -> [FieldError] {
        let count = object.at("status", "collisionCount")?.int ?? 0
        guard count < old.at("status", "collisionCount")?.int ?? .min else { return [] }
        return [.invalid(FieldPath("status", "collisionCount"), .int(count), "cannot be decremented")]
    }

    /// Whether anything that may cause warnings has changed.
    static func isNewGeneration(_ object: Value, old: Value?) -> Bool {
        old.map { $0.generation != object.generation } ?? true
    }

    static func warnings(_ object: Value, old: Value?, namesHosts: Bool = true) -> [String] {
        var warnings: [String] = []
        if old == nil, namesHosts {
            warnings += PodWarnings.ofName(object.name, usedIn: "Pod names and hostnames")
        }
        guard isNewGeneration(object, old: old) else { return warnings }
        return warnings + PodWarnings.ofTemplate(object.at("spec", "template"), spec.child("template"))
    }

    /// What is wrong with an annotation in which an older form of the kind keeps a number: Kubernetes cannot decode an
    /// object where it is not one.
    static func numberFault(in annotation: String, of object: Value) -> String? {
        guard let text = object.annotations[annotation], Int64(text) == nil else { return nil }
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let isTooLarge = !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return "strconv.ParseInt: parsing \(text.goQuoted): " + (isTooLarge ? "value out of range" : "invalid syntax")
    }
}
