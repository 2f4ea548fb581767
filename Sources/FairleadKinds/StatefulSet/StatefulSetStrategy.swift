import FairleadRules
import FairleadModel

/// The rules of StatefulSets. Reference: k8s.io/kubernetes `pkg/apis/apps/validation` (ValidateStatefulSet).
struct StatefulSetStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        WorkloadRules.defaultTemplate(&spec)
        spec.setDefaultText("podManagementPolicy", "OrderedReady")
        var strategy = spec["updateStrategy"] ?? .object(Object())
        strategy.setDefaultText("type", "RollingUpdate")
        if strategy.text("type") == "RollingUpdate" {
            strategy.setDefault("rollingUpdate", .object(Object()))
            strategy.change("rollingUpdate") { $0.setDefault("partition", 0) }
        }
        spec["updateStrategy"] = strategy
        var retention = spec["persistentVolumeClaimRetentionPolicy"] ?? .object(Object())
        retention.setDefaultText("whenDeleted", "Retain")
        retention.setDefaultText("whenScaled", "Retain")
        spec["persistentVolumeClaimRetentionPolicy"] = retention
        spec.setDefault("replicas", 1)
        spec.setDefault("revisionHistoryLimit", 10)
        spec.changeItems("volumeClaimTemplates") { claim in
            PersistentVolumeClaimStrategy().setDefaults(&claim)
            claim.setDefaultText("apiVersion", "v1")
            claim.setDefaultText("kind", "PersistentVolumeClaim")
        }
        object["spec"] = spec
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["availableReplicas": 0, "replicas": 0]
        dropDisabledFields(&object)
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["status"] = old["status"]
        dropDisabledFields(&object)
    }

    /// `maxUnavailable` is behind a feature gate that is off.
    private func dropDisabledFields(_ object: inout Value) {
        object.set(nil, at: "spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        errors(object, context, isNew: true)
    }

    /// - Parameters:
    ///   - isNew: whether to check immutable fields, too.
    ///   - skipsTemplate: skips the pod template, which an older build may have accepted.
    private func errors(
        _ object: Value, _ context: StrategyContext, isNew: Bool, skipsTemplate: Bool = false
    ) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = WorkloadRules.spec
        var errors = policy(spec, "podManagementPolicy", ["OrderedReady", "Parallel"])
        errors += updateStrategy(spec["updateStrategy"] ?? .null, path.child("updateStrategy"))
        errors += retention(
            spec["persistentVolumeClaimRetentionPolicy"] ?? .null,
            path.child("persistentVolumeClaimRetentionPolicy"))
        if isNew { errors += claims(spec.items("volumeClaimTemplates"), path.child("volumeClaimTemplates")) }
        errors += WorkloadRules.nonNegative(object, "spec", ["replicas", "minReadySeconds"])
        errors += FieldChecks.nonNegative(spec.at("ordinals", "start"), path.child("ordinals", "start"))
        let service = spec.text("serviceName")
        if isNew, !service.isEmpty { errors += FieldChecks.dnsLabel(service, path.child("serviceName")) }
        errors += WorkloadRules.selector(spec["selector"], emptyFor: "statefulset")
        let unusable = WorkloadRules.unusableSelector(spec["selector"] ?? .object(Object()), "")
        if unusable.isEmpty { errors += WorkloadRules.selectedLabels(spec) }
        errors += unusable
        if !unusable.isEmpty || skipsTemplate {
            return errors + WorkloadRules.endless(spec["template"] ?? .null, controller: "StatefulSet")
        }
        return errors + WorkloadRules.template(spec, controller: "StatefulSet", context)
    }

    private func claims(_ templates: [Value], _ path: FieldPath) -> [FieldError] {
        templates.enumerated().flatMap { index, template in
            ClaimSpecValidation.errors(template["spec"] ?? .null, path.index(index).child("spec"))
        }
    }

    private func policy(_ spec: Value, _ field: String, _ allowed: [String]) -> [FieldError] {
        let value = spec.text(field)
        if allowed.contains(value) { return [] }
        let list = allowed.map { "'\($0)'" }.joined(separator: " or ")
        return [.invalid(WorkloadRules.spec.child(field), .string(value), "must be \(list)")]
    }

    private func updateStrategy(_ strategy: Value, _ path: FieldPath) -> [FieldError] {
        let update = strategy["rollingUpdate"]
        switch strategy.text("type") {
        case "OnDelete":
            guard let update else { return [] }
            return [
                .invalid(
                    path.child("rollingUpdate"),
                    printed: InternalForm.text(of: update, as: "RollingUpdateStatefulSet"),
                    "only allowed for updateStrategy 'RollingUpdate'")
            ]
        case "RollingUpdate":
            return FieldChecks.nonNegative(update?["partition"], path.child("rollingUpdate", "partition"))
        default:
            return [
                .invalid(
                    path, printed: InternalForm.text(of: strategy, as: "StatefulSetUpdateStrategy"),
                    "must be 'RollingUpdate' or 'OnDelete'")
            ]
        }
    }

    private func retention(_ policy: Value, _ path: FieldPath) -> [FieldError] {
        ["whenDeleted", "whenScaled"].flatMap { field -> [FieldError] in
            let value = policy.text(field)
            return FieldChecks.oneOf(value, ["Retain", "Delete"], path.child(field))
        }
    }

    private static let mutable = [
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
    ]

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = errors(
            object, context, isNew: false, skipsTemplate: !errors(old, context, isNew: false).isEmpty)
        var new = object["spec"] ?? .null
        var before = old["spec"] ?? .null
        for field in Self.mutable {
            new[field] = nil
            before[field] = nil
        }
        if new != before {
            let names = Self.mutable.dropLast().map { "'\($0)'" }.joined(separator: ", ")
            errors.append(
                .forbidden(
                    WorkloadRules.spec,
                    "updates to statefulset spec for fields other than \(names) and 'minReadySeconds' are forbidden"))
        }
        return errors
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let counts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"]
        return WorkloadRules.nonNegative(
            object, "status", ["replicas"] + counts + ["observedGeneration", "collisionCount"])
            + WorkloadRules.boundedCounts(object, counts, ready: "status.readyReplicas")
            + WorkloadRules.collisionCount(object, old: old)
    }

    /// Pod names begin with it and are used as hostnames.
    func nameErrors(_ name: String, isPrefix: Bool) -> [String] {
        NameRules.dns1123Label(isPrefix ? name.maskingTrailingDash : name)
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        var warnings = WorkloadRules.warnings(object, old: old, namesHosts: false)
        if WorkloadRules.isNewGeneration(object, old: old) {
            for (index, template) in object.items("spec", "volumeClaimTemplates").enumerated() {
                let path = WorkloadRules.spec.child("volumeClaimTemplates").index(index)
                warnings += PodWarnings.fraction(
                    "storage", template["spec"]?.at("resources", "requests"), path.child("resources", "requests"))
            }
        }
        if let limit = object.at("spec", "revisionHistoryLimit")?.int, limit < 0 {
            warnings.append(
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; "
                    + "a value >= 0 is recommended")
        }
        return warnings
    }

    let generationFields = ["spec"]
}
