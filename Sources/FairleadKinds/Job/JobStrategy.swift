import FairleadModel
import FairleadKindRules
import FairleadRules

/// The rules of Jobs. Reference: k8s.io/kubernetes `pkg/registry/batch/job/strategy.go`.
struct JobStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        Self.setDefaults(spec: &spec)
        object["spec"] = spec
    }

    private static func setDefaults(spec: inout Value) {
        setTemplateDefaults(spec: &spec)
        // A job with neither number runs one pod; with only parallelism it is a work queue.
        if spec["completions"] == nil, spec["parallelism"] == nil { spec["completions"] = 1 }
        spec.setDefault("parallelism", 1)
        spec.setDefault("backoffLimit", spec["backoffLimitPerIndex"] == nil ? 6 : 2_147_483_647)
        spec.setDefault("completionMode", "NonIndexed")
        spec.setDefault("suspend", false)
        spec.setDefault("podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
        spec.setDefault("manualSelector", false)
    }

    /// The defaults that job templates share with Jobs.
    static func setTemplateDefaults(spec: inout Value) {
        WorkloadRules.defaultTemplate(&spec)
        spec.change("podFailurePolicy") { policy in
            policy.changeItems("rules") { rule in
                rule.changeItems("onPodConditions") { $0.setDefaultText("status", "True") }
            }
        }
    }

    /// A job without labels takes those of its pods, including generated ones. If the template has only generated
    /// labels, they are copied after validation: a job name that is not a valid label then causes one error fewer.
    private static func copyLabels(_ object: inout Value) {
        guard object.labels.isEmpty, let labels = object.at("spec", "template", "metadata", "labels"),
            !labels.stringMap.isEmpty
        else { return }
        object.set(labels, at: "metadata", "labels")
    }

    /// Without a manual selector the pods are selected by the job's uid, which must be set by now. Existing values
    /// stay; validation refuses them if they differ.
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = .object(Object())
        let hasLabels = object.at("spec", "template", "metadata", "labels")?.stringMap.isEmpty == false
        if object.at("spec", "manualSelector")?.bool != true {
            for (label, value) in JobLabels.generated(for: object)
            where object.at("spec", "template", "metadata", "labels", label) == nil {
                object.set(.string(value), at: "spec", "template", "metadata", "labels", label)
            }
            if object.at("spec", "selector", "matchLabels", JobLabels.controllerUID) == nil {
                object.set(.string(object.uid), at: "spec", "selector", "matchLabels", JobLabels.controllerUID)
            }
        }
        if hasLabels { Self.copyLabels(&object) }
    }

    func canonicalize(_ object: inout Value) { Self.copyLabels(&object) }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["status"] = old["status"]
        Self.copyLabels(&object)
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        Self.validation(context).errors(ofJob: object)
    }

    static func validation(_ context: StrategyContext) -> JobSpecValidation {
        JobSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        JobUpdateValidation(Self.validation(context)).errors(object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        JobStatusValidation(object, old: old).errors()
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        let name = old == nil ? PodWarnings.ofName(object.name, usedIn: "Pod names and hostnames") : []
        if let old, object["spec"] == old["spec"] { return [] }
        return name + Self.warnings(ofSpec: object["spec"] ?? .null, WorkloadRules.spec)
    }

    static func warnings(ofSpec spec: Value, _ path: FieldPath) -> [String] {
        let isLarge =
            spec.text("completionMode") == "Indexed" && spec.number("completions") > JobSpecValidation.mostIndexes
            && spec.number("parallelism") > 10_000
        let warning =
            "\(path): In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than "
            + "10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        return (isLarge ? [warning] : []) + PodWarnings.ofTemplate(spec["template"], path.child("template"))
    }

    let orphansByDefault = true
    let deletionWarnings = [
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or "
            + "set propagationPolicy=Orphan to suppress this warning"
    ]

    let selectableFieldNames = ["status.successful"]
    func selectableFields(of object: Value) -> [String: String] {
        ["status.successful": String(object.at("status", "succeeded")?.int ?? 0)]
    }

    let generationFields = ["spec"]
}
