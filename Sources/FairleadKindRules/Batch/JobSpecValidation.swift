package import FairleadRules
package import FairleadModel

/// All field errors of a Job's spec, in Kubernetes' order; also for the Job template of a CronJob.
///
/// Reference: k8s.io/kubernetes `pkg/apis/batch/validation/validation.go`.
package struct JobSpecValidation {
    package static let mostIndexes: Int64 = 100_000
    /// The maximum parallelism and failed indexes of a Job that has `backoffLimitPerIndex` and more indexes than that.
    private static let mostOfMany: Int64 = 10_000
    private static let longestManager = 63

    package var pods: PodSpecValidation

    package init(allowsPrivileged: Bool) { pods = PodSpecValidation(allowsPrivileged: allowsPrivileged) }

    /// The errors of a whole Job, except for its metadata.
    package func errors(ofJob job: Value) -> [FieldError] {
        let spec = job["spec"] ?? .null
        let path = FieldPath("spec")
        var errors = generatedSelector(job, path) + self.errors(of: spec, path) + selector(of: spec, path)
        if spec.text("completionMode") == "Indexed", let completions = spec["completions"]?.int, completions > 0 {
            let hostname = "\(job.name)-\(completions -| 1)"
            if !NameRules.dns1123Label(hostname).isEmpty {
                errors.append(
                    .invalid(
                        FieldPath("metadata", "name"), .string(job.name),
                        "will not able to create pod with invalid DNS label: \(hostname)"))
            }
        }
        return errors
    }

    /// Without `manualSelector`, the labels that select the pods must be those generated for the Job.
    private func generatedSelector(_ job: Value, _ path: FieldPath) -> [FieldError] {
        let spec = job["spec"] ?? .null
        guard !spec.flag("manualSelector"), let selector = spec["selector"] else { return [] }
        let labels = spec.at("template", "metadata", "labels")?.stringMap ?? [:]
        var errors: [FieldError] = []
        for (label, value) in JobLabels.generated(for: job) where labels[label] != value {
            let here = path.child("template", "metadata", "labels")
            errors.append(
                labels[label] == nil
                    ? .required(here.key(label), "must be '\(value)'")
                    : .invalid(here.key(label), Value(labels), "must be '\(value)'"))
        }
        let generated = Dictionary(uniqueKeysWithValues: JobLabels.generated(for: job).map { ($0.label, $0.value) })
        // A selector that cannot be parsed has an error of its own.
        if let parsed = try? LabelSelector(labelSelector: selector), !parsed.matches(generated) {
            errors.append(
                .invalid(
                    path.child("selector"), printed: selector.selectorText, "`selector` not auto-generated"))
        }
        return errors
    }

    /// The errors of the selector and of the labels that it must match.
    package func selector(of spec: Value, _ path: FieldPath) -> [FieldError] {
        let here = path.child("selector")
        let selector = spec["selector"]
        var errors = selector == nil ? [.required(here)] : FieldChecks.labelSelector(selector, here)
        let labels = spec.at("template", "metadata", "labels")
        // A selector that cannot be parsed has an error of its own; a missing one matches nothing.
        if let parsed = try? LabelSelector(labelSelector: selector ?? .null), !parsed.matches(labels?.stringMap ?? [:])
        {
            errors.append(
                .invalid(
                    path.child("template", "metadata", "labels"), labels ?? .null,
                    "`selector` does not match template `labels`"))
        }
        return errors
    }

    /// All errors except those of the selector.
    package func errors(of spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let counts = [
            "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
            "backoffLimitPerIndex", "maxFailedIndexes",
        ]
        for field in counts { errors += FieldChecks.nonNegative(spec[field], path.child(field)) }
        if spec["maxFailedIndexes"] != nil, spec["backoffLimitPerIndex"] == nil {
            errors.append(.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"))
        }
        if let manager = spec["managedBy"]?.string {
            let here = path.child("managedBy")
            errors += FieldChecks.domainPrefixedPath(manager, here)
            if manager.utf8.count > Self.longestManager { errors.append(.tooLong(here, maximum: Self.longestManager)) }
        }
        errors += completionMode(spec, path)
        if let policy = spec["podFailurePolicy"] {
            errors += PodFailurePolicyValidation(spec: spec).errors(of: policy, path.child("podFailurePolicy"))
        }
        if let policy = spec["successPolicy"] {
            errors += SuccessPolicyValidation(spec: spec).errors(of: policy, path.child("successPolicy"))
        }
        errors += replacementPolicy(spec, path.child("podReplacementPolicy"))
        errors += pods.errors(ofTemplate: spec["template"] ?? .null, path.child("template"))
        return errors + restartPolicy(spec, path.child("template", "spec", "restartPolicy"))
    }

    private func completionMode(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let mode = spec["completionMode"]?.string ?? "NonIndexed"
        var errors = FieldChecks.oneOf(mode, ["NonIndexed", "Indexed"], path.child("completionMode"))
        switch mode {
        case "Indexed": errors += indexed(spec, path)
        case "NonIndexed":
            for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                guard let value = spec[field] else { continue }
                errors.append(.invalid(path.child(field), value, "requires indexed completion mode"))
            }
        default: break
        }
        return errors
    }

    private func indexed(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let parallelism = spec["parallelism"]?.int
        let failures = spec["maxFailedIndexes"]?.int
        var errors: [FieldError] = []
        func limit(_ field: String, _ value: Int64?, _ limit: Int64, _ text: String) {
            guard let value, value > limit else { return }
            errors.append(.invalid(path.child(field), .int(value), "must be less than or equal to \(text)"))
        }
        let completions = spec["completions"]?.int
        if completions == nil { errors.append(.required(path.child("completions"), "when completion mode is Indexed")) }
        limit("parallelism", parallelism, Self.mostIndexes, "\(Self.mostIndexes) when completion mode is Indexed")
        if let completions { limit("maxFailedIndexes", failures, completions, "completions") }
        limit("maxFailedIndexes", failures, Self.mostIndexes, "\(Self.mostIndexes)")
        guard let completions, completions > Self.mostIndexes, spec["backoffLimitPerIndex"] != nil else {
            return errors
        }
        if failures == nil {
            errors.append(
                .required(
                    path.child("maxFailedIndexes"),
                    "must be specified when completions is above \(Self.mostIndexes)"))
        }
        let text =
            "\(Self.mostOfMany) when completions are above \(Self.mostIndexes) and used with backoff limit per index"
        limit("parallelism", parallelism, Self.mostOfMany, text)
        limit("maxFailedIndexes", failures, Self.mostOfMany, text)
        return errors
    }

    private func replacementPolicy(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let policy = spec["podReplacementPolicy"]?.string else { return [] }
        let allowed = spec["podFailurePolicy"] == nil ? ["Failed", "TerminatingOrFailed"] : ["Failed"]
        return FieldChecks.oneOf(policy, allowed, path)
    }

    private func restartPolicy(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let policy = spec.at("template", "spec", "restartPolicy")?.string ?? ""
        switch policy {
        case "", "Always": return [.required(path, "valid values: \"OnFailure\", \"Never\"")]
        case "Never": return []
        case "OnFailure" where spec["podFailurePolicy"] == nil: return []
        case "OnFailure":
            return [
                .invalid(path, .string(policy), "only \"Never\" is supported when podFailurePolicy is specified")
            ]
        default: return [.notSupported(path, .string(policy), inOrder: ["OnFailure", "Never"])]
        }
    }
}

/// The labels by which a Job selects its pods.
package enum JobLabels {
    package static let controllerUID = "batch.kubernetes.io/controller-uid"
    package static let jobName = "batch.kubernetes.io/job-name"

    /// The labels added to the template of a Job without `manualSelector`, in the order of the checks.
    package static func generated(for job: Value) -> [(label: String, value: String)] {
        [
            ("controller-uid", job.uid), ("job-name", job.name), (controllerUID, job.uid), (jobName, job.name),
        ]
    }
}
