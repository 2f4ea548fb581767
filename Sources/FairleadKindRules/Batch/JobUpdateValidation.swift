import FairleadRules
package import FairleadModel

/// What may change in a Job: its size and duration and, while it is suspended, where its pods are scheduled.
///
/// Reference: ValidateJobSpecUpdate of k8s.io/kubernetes `pkg/apis/batch/validation`.
package struct JobUpdateValidation {
    let specs: JobSpecValidation

    package init(_ specs: JobSpecValidation) { self.specs = specs }

    /// The errors of the changed Job. Errors of the spec appear twice, because Kubernetes validates it twice.
    package func errors(_ job: Value, old: Value) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = job["spec"] ?? .null
        let before = old["spec"] ?? .null
        var errors = specs.errors(ofJob: job) + specs.errors(of: spec, path) + specs.selector(of: spec, path)
        errors += completions(spec, old: before, path)
        func unchanged(_ field: String, _ print: @escaping @Sendable (Value) -> String = { $0.jsonText }) {
            let value = spec[field] ?? .null
            guard value != before[field] ?? .null else { return }
            let here = path.child(field)
            if case .string = value {
                errors.append(.invalid(here, value, FieldChecks.immutable))
            } else {
                errors.append(
                    .invalid(here, printed: value.isNull ? "null" : print(value), FieldChecks.immutable))
            }
        }
        unchanged("selector") { $0.selectorText }
        errors += template(spec, old: before, isMutable: Self.isAtRest(old), path.child("template"))
        unchanged("completionMode")
        unchanged("podFailurePolicy") { policy in
            // It is no longer known whether the list was empty or absent.
            var policy = policy
            policy["rules"] = .array(policy.items("rules"))
            return InternalForm.text(of: policy, as: "PodFailurePolicy")
        }
        unchanged("backoffLimitPerIndex")
        unchanged("managedBy")
        unchanged("successPolicy") { InternalForm.text(of: $0, as: "SuccessPolicy") }
        return errors
    }

    /// Suspended, with no active pods left.
    private static func isAtRest(_ job: Value) -> Bool {
        guard job.at("spec", "suspend")?.bool == true else { return false }
        return job.at("status", "startTime") == nil || (job.at("status", "active")?.int ?? 0) == 0
    }

    /// Indexed Jobs may be scaled by changing completions and parallelism together.
    private func completions(_ spec: Value, old: Value, _ path: FieldPath) -> [FieldError] {
        let here = path.child("completions")
        guard spec.text("completionMode") == "Indexed" else {
            return FieldChecks.unchanged(spec["completions"], old["completions"], here)
        }
        guard let completions = spec["completions"], completions != old["completions"],
            completions.int != spec["parallelism"]?.int
        else { return [] }
        return [.invalid(here, completions, "can only be modified in tandem with spec.parallelism")]
    }

    private func template(_ spec: Value, old: Value, isMutable: Bool, _ path: FieldPath) -> [FieldError] {
        let new = spec["template"] ?? .null
        var before = old["template"] ?? .null
        if isMutable { Self.takeOver(from: new, &before) }
        var errors: [FieldError] = []
        if new["metadata"] ?? .object(Object()) != before["metadata"] ?? .object(Object()) {
            errors.append(.invalid(path.child("metadata"), new["metadata"] ?? .null, FieldChecks.immutable))
        }
        let pod = new["spec"] ?? .null
        if pod != before["spec"] ?? .null {
            errors.append(
                .invalid(path.child("spec"), printed: InternalForm.text(ofPodSpec: pod), FieldChecks.immutable))
        }
        return errors
    }

    /// Copies the mutable fields into the old template, so that any remaining difference is an error.
    private static func takeOver(from new: Value, _ template: inout Value) {
        for field in ["labels", "annotations"] { template.set(new.at("metadata", field), at: "metadata", field) }
        let spec = new["spec"] ?? .null
        template.change("spec") { old in
            for field in ["nodeSelector", "tolerations", "schedulingGates"] { old[field] = spec[field] }
            var affinity = old["affinity"] ?? .object(Object())
            affinity["nodeAffinity"] = spec.at("affinity", "nodeAffinity")
            // If it has no other members, the affinity as a whole may be added or removed.
            let isEmpty = affinity.object?.isEmpty ?? true
            old["affinity"] = isEmpty && spec["affinity"] == nil ? nil : affinity
            for list in ["containers", "initContainers"] {
                let containers = spec.items(list)
                var index = 0
                old.changeItems(list) { container in
                    if index < containers.count { container["resources"] = containers[index]["resources"] }
                    index = index +| 1
                }
            }
        }
        if template["metadata"]?.object?.isEmpty == true, new["metadata"] == nil { template["metadata"] = nil }
    }
}
