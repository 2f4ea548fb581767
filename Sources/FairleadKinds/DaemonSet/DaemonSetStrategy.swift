import FairleadRules
import FairleadModel

/// The rules of DaemonSets.
struct DaemonSetStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        WorkloadRules.defaultTemplate(&spec)
        var strategy = spec["updateStrategy"] ?? .object(Object())
        strategy.setDefaultText("type", "RollingUpdate")
        let isRolling = strategy.text("type") == "RollingUpdate"
        if isRolling { strategy.setDefault("rollingUpdate", .object(Object())) }
        // With another strategy they have no meaning, but Kubernetes decodes them as zero.
        strategy.change("rollingUpdate") { update in
            update.setDefault("maxUnavailable", isRolling ? 1 : 0)
            update.setDefault("maxSurge", 0)
        }
        spec["updateStrategy"] = strategy
        spec.setDefault("revisionHistoryLimit", 10)
        object["spec"] = spec
    }

    private static let templateGeneration = "deprecated.daemonset.template.generation"

    func conversionFault(of object: Value) -> String? {
        WorkloadRules.numberFault(in: Self.templateGeneration, of: object)
    }

    /// Counts template changes in an annotation, for clients of the first API version.
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = [
            "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0,
        ]
        setTemplateGeneration(&object, max(1, templateGeneration(of: object) ?? 1))
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["status"] = old["status"]
        let before = templateGeneration(of: old) ?? 1
        let changes = object.at("spec", "template") != old.at("spec", "template")
        setTemplateGeneration(&object, changes ? before +| 1 : before)
    }

    private func templateGeneration(of object: Value) -> Int64? {
        object.annotations[Self.templateGeneration].flatMap { Int64($0) }
    }

    private func setTemplateGeneration(_ object: inout Value, _ generation: Int64) {
        object.set(.string(String(generation)), at: "metadata", "annotations", Self.templateGeneration)
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = WorkloadRules.spec
        var errors = FieldChecks.labelSelector(spec["selector"], path.child("selector"))
        errors += WorkloadRules.selectedLabels(spec)
        if let selector = spec["selector"] { errors += WorkloadRules.emptySelector(selector, for: "daemonset") }
        errors += WorkloadRules.template(spec, controller: "DaemonSet", context)
        errors += WorkloadRules.nonNegative(object, "spec", ["minReadySeconds"])
        errors += updateStrategy(spec["updateStrategy"] ?? .null, path.child("updateStrategy"))
        return errors + WorkloadRules.nonNegative(object, "spec", ["revisionHistoryLimit"])
    }

    private func updateStrategy(_ strategy: Value, _ path: FieldPath) -> [FieldError] {
        switch strategy.text("type") {
        case "OnDelete": return []
        case "RollingUpdate":
            guard let update = strategy["rollingUpdate"] else { return [.required(path.child("rollingUpdate"))] }
            return rollingUpdate(update, path.child("rollingUpdate"))
        default:
            return [
                FieldError(
                    .notSupported, path,
                    printedValue: InternalForm.text(of: strategy, as: "DaemonSetUpdateStrategy"),
                    detail: "supported values: \"RollingUpdate\", \"OnDelete\"")
            ]
        }
    }

    private func rollingUpdate(_ update: Value, _ path: FieldPath) -> [FieldError] {
        let unavailable = update["maxUnavailable"]
        let surge = update["maxSurge"]
        var errors = FieldChecks.countOrPercent(unavailable, path.child("maxUnavailable"))
        errors += FieldChecks.countOrPercent(surge, path.child("maxSurge"))
        errors += FieldChecks.notMoreThan100Percent(unavailable, path.child("maxUnavailable"))
        errors += FieldChecks.notMoreThan100Percent(surge, path.child("maxSurge"))
        let hasUnavailable = FieldChecks.countOrPercentValue(unavailable) != 0
        let hasSurge = FieldChecks.countOrPercentValue(surge) != 0
        if hasUnavailable, hasSurge {
            errors.append(
                .invalid(path.child("maxSurge"), surge ?? 0, "may not be set when maxUnavailable is non-zero"))
        } else if !hasUnavailable, !hasSurge {
            errors.append(.required(path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0"))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        WorkloadRules.immutableSelector(object, old: old) + validate(object, context)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        WorkloadRules.nonNegative(
            object, "status",
            [
                "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
                "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
                "collisionCount",
            ]) + WorkloadRules.collisionCount(object, old: old)
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        WorkloadRules.warnings(object, old: old, namesHosts: false)
    }

    let generationFields = ["spec"]
}
