import FairleadRules
import FairleadModel

/// The rules of PodDisruptionBudgets.
struct PodDisruptionBudgetStrategy: ResourceStrategy {
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = [
            "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0,
        ]
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        if spec["minAvailable"] != nil, spec["maxUnavailable"] != nil {
            errors.append(
                .invalid(
                    path, printed: InternalForm.text(of: spec, as: "PodDisruptionBudgetSpec"),
                    "minAvailable and maxUnavailable cannot be both set"))
        }
        for field in ["minAvailable", "maxUnavailable"] where spec[field] != nil {
            errors += FieldChecks.countOrPercent(spec[field], path.child(field))
            errors += FieldChecks.notMoreThan100Percent(spec[field], path.child(field))
        }
        errors += FieldChecks.labelSelector(spec["selector"], path.child("selector"))
        let policies = ["AlwaysAllow", "IfHealthyBudget"]
        if let policy = spec["unhealthyPodEvictionPolicy"]?.string, !policies.contains(policy) {
            errors.append(
                .notSupported(
                    path.child("unhealthyPodEvictionPolicy"), .string(policy), supported: policies))
        }
        return errors
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        ConditionValidation.errors(object.items("status", "conditions"), FieldPath("status", "conditions"))
            + WorkloadRules.nonNegative(
                object, "status", ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"])
    }

    /// Kubernetes validates none of the metadata except that the name is a valid path segment.
    func nameErrors(_ name: String, isPrefix: Bool) -> [String] { NameRules.pathSegment(name) }

    let generationFields = ["spec"]
}
