import FairleadRules
import FairleadModel

/// The rules of Jobs. Reference: k8s.io/kubernetes `pkg/registry/batch/job/strategy.go`.
struct JobStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        Self.setDefaults(spec: &spec)
        object["spec"] = spec
        Self.copyLabels(&object)
    }

    static func setDefaults(spec: inout Value) {
        WorkloadRules.defaultTemplate(&spec)
        // A job with neither number runs one pod; with parallelism alone it is a work queue.
        if spec["completions"] == nil, spec["parallelism"] == nil { spec["completions"] = 1 }
        spec.setDefault("parallelism", 1)
        spec.setDefault("backoffLimit", spec["backoffLimitPerIndex"] == nil ? 6 : 2_147_483_647)
        spec.setDefault("completionMode", "NonIndexed")
        spec.setDefault("suspend", false)
        spec.setDefault("podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
        spec.setDefault("manualSelector", false)
    }

    private static func copyLabels(_ object: inout Value) {
        guard object.labels.isEmpty, let labels = object.at("spec", "template", "metadata", "labels"),
            !labels.stringMap.isEmpty
        else { return }
        object.set(labels, at: "metadata", "labels")
    }

    /// Without a manual selector the pods are selected by the uid of the job, which must be set by now.
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = .object(Object())
        if object.at("spec", "manualSelector")?.bool != true {
            let identity: [(String, String)] = [("controller-uid", object.uid), ("job-name", object.name)]
            for (key, value) in identity {
                for label in [key, "batch.kubernetes.io/\(key)"] {
                    object.set(.string(value), at: "spec", "template", "metadata", "labels", label)
                }
            }
            object.set(
                .string(object.uid), at: "spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid")
        }
        Self.copyLabels(&object)
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = Self.errors(of: object["spec"] ?? .null, FieldPath("spec"), context)
        if object.at("spec", "selector") == nil { errors.insert(.required(FieldPath("spec", "selector")), at: 0) }
        return errors
    }

    static func errors(of spec: Value, _ path: FieldPath, _ context: StrategyContext) -> [FieldError] {
        var errors: [FieldError] = []
        let counts = [
            "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
            "backoffLimitPerIndex", "maxFailedIndexes",
        ]
        for field in counts { errors += FieldChecks.nonNegative(spec[field], path.child(field)) }
        let modes = ["NonIndexed", "Indexed"]
        let mode = spec.text("completionMode")
        if !modes.contains(mode) {
            errors.append(.notSupported(path.child("completionMode"), .string(mode), inOrder: modes))
        } else if mode == "Indexed", spec["completions"] == nil {
            errors.append(
                .required(path.child("completions"), "when completion mode is Indexed"))
        }
        let template = spec["template"] ?? .null
        errors += PodSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged)
            .errors(ofTemplate: template, path.child("template"))
        let policy = template.at("spec", "restartPolicy")?.string ?? ""
        if !["OnFailure", "Never"].contains(policy) {
            errors.append(
                policy == "Always"
                    ? .required(
                        path.child("template", "spec", "restartPolicy"), "valid values: \"OnFailure\", \"Never\"")
                    : .notSupported(
                        path.child("template", "spec", "restartPolicy"), .string(policy),
                        inOrder: ["OnFailure", "Never"]))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = validate(object, context)
        let path = FieldPath("spec")
        for field in ["completions", "selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex"] {
            let isElastic = field == "completions" && object.at("spec", "completionMode")?.string == "Indexed"
            if isElastic { continue }
            errors += FieldChecks.unchanged(object.at("spec", field), old.at("spec", field), path.child(field))
        }
        let isSuspended = old.at("spec", "suspend")?.bool ?? false
        if !isSuspended {
            errors += FieldChecks.unchanged(
                object.at("spec", "template"), old.at("spec", "template"), path.child("template"))
        }
        return errors
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        WorkloadRules.warnings(object, old: old)
    }

    let selectableFieldNames = ["status.successful"]
    func selectableFields(of object: Value) -> [String: String] {
        ["status.successful": String(object.at("status", "succeeded")?.int ?? 0)]
    }

    let generationFields = ["spec"]
}
