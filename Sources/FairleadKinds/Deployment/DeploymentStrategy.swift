import FairleadRules
import FairleadModel

/// The rules of Deployments. Reference: k8s.io/kubernetes `pkg/registry/apps/deployment/strategy.go`.
struct DeploymentStrategy: ResourceStrategy {
    var metadataResetByStatus: [String] { ["labels"] }

    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        WorkloadRules.defaultTemplate(&spec)
        spec.setDefault("replicas", 1)
        var strategy = spec["strategy"] ?? .object(Object())
        strategy.setDefaultText("type", "RollingUpdate")
        if strategy.text("type") == "RollingUpdate" {
            strategy.setDefault("rollingUpdate", .object(Object()))
            strategy.change("rollingUpdate") { update in
                update.setDefault("maxUnavailable", "25%")
                update.setDefault("maxSurge", "25%")
            }
        }
        spec["strategy"] = strategy
        spec.setDefault("revisionHistoryLimit", 10)
        spec.setDefault("progressDeadlineSeconds", 600)
        object["spec"] = spec
    }

    func conversionFault(of object: Value) -> String? {
        WorkloadRules.numberFault(in: "deprecated.deployment.rollback.to", of: object)
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = .object(Object())
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = WorkloadRules.spec
        var errors = WorkloadRules.nonNegative(object, "spec", ["replicas"])
        errors += WorkloadRules.selectorAndTemplate(spec, context)
        errors += Self.strategy(spec["strategy"] ?? .null, path.child("strategy"))
        errors += WorkloadRules.nonNegative(
            object, "spec", ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"])
        if let deadline = spec["progressDeadlineSeconds"]?.int, deadline <= spec.number("minReadySeconds") {
            errors.append(
                .invalid(
                    path.child("progressDeadlineSeconds"), .int(deadline), "must be greater than minReadySeconds"))
        }
        return errors
    }

    private static func strategy(_ strategy: Value, _ path: FieldPath) -> [FieldError] {
        switch strategy.text("type") {
        case "Recreate":
            return strategy["rollingUpdate"] == nil
                ? []
                : [
                    .forbidden(
                        path.child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'")
                ]
        case "RollingUpdate":
            guard let update = strategy["rollingUpdate"] else {
                return [.required(path.child("rollingUpdate"), "this should be defaulted and never be nil")]
            }
            return rollingUpdate(update, path.child("rollingUpdate"))
        default:
            return [
                FieldError(
                    .notSupported, path,
                    printedValue: InternalForm.text(of: strategy, as: "DeploymentStrategy"),
                    detail: "supported values: \"Recreate\", \"RollingUpdate\"")
            ]
        }
    }

    private static func rollingUpdate(_ update: Value, _ path: FieldPath) -> [FieldError] {
        let unavailable = update["maxUnavailable"]
        let surge = update["maxSurge"]
        let unavailablePath = path.child("maxUnavailable")
        var errors = FieldChecks.countOrPercent(unavailable, unavailablePath)
        errors += FieldChecks.countOrPercent(surge, path.child("maxSurge"))
        if FieldChecks.countOrPercentValue(unavailable) == 0, FieldChecks.countOrPercentValue(surge) == 0 {
            errors.append(.invalid(unavailablePath, unavailable ?? 0, "may not be 0 when `maxSurge` is 0"))
        }
        return errors + FieldChecks.notMoreThan100Percent(unavailable, unavailablePath)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + WorkloadRules.immutableSelector(object, old: old)
    }

    /// An update of the status also keeps the labels, but not the annotations: the controller stores its revision in
    /// one.
    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        object.set(old.at("metadata", "labels"), at: "metadata", "labels")
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        WorkloadRules.nonNegative(
            object, "status",
            [
                "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
                "unavailableReplicas", "terminatingReplicas", "collisionCount",
            ])
            + WorkloadRules.boundedCounts(object, ["updatedReplicas", "readyReplicas", "availableReplicas"])
            + WorkloadRules.collisionCount(object, old: old)
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        WorkloadRules.warnings(object, old: old)
    }

    let generationFields = ["spec", "metadata.annotations"]
}
