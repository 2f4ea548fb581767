import FairleadModel
import FairleadKindRules

/// The rules of HorizontalPodAutoscalers, which are stored in the form of autoscaling/v2.
struct HorizontalPodAutoscalerStrategy: ResourceStrategy {
    /// Whether a behavior that is present is completed with defaults: autoscaling/v1 has none for the one it keeps in
    /// an annotation.
    let fillsBehavior: Bool

    private static let cpu: Value = [
        "type": "Resource",
        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
    ]

    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        spec.setDefault("minReplicas", 1)
        if spec.items("metrics").isEmpty { spec["metrics"] = [Self.cpu] }
        if fillsBehavior { spec.change("behavior", Self.fill) }
        object["spec"] = spec
    }

    private static func fill(_ behavior: inout Value) {
        func policy(_ type: String, _ value: Int64) -> Value {
            ["type": .string(type), "value": .int(value), "periodSeconds": 15]
        }
        let defaults: [(direction: String, policies: Value)] = [
            ("scaleUp", [policy("Pods", 4), policy("Percent", 100)]), ("scaleDown", [policy("Percent", 100)]),
        ]
        for (direction, policies) in defaults {
            var rules = behavior[direction] ?? .object(Object())
            rules.setDefault("selectPolicy", "Max")
            rules.setDefault("policies", policies)
            if direction == "scaleUp" { rules.setDefault("stabilizationWindowSeconds", 0) }
            behavior[direction] = rules
        }
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["currentMetrics": .null, "desiredReplicas": 0]
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        AutoscalerValidation(spec: object["spec"] ?? .null).errors()
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        AutoscalerValidation(spec: object["spec"] ?? .null, old: old["spec"] ?? .null).errors()
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        WorkloadRules.nonNegative(object, "status", ["currentReplicas", "desiredReplicas"])
    }
}
