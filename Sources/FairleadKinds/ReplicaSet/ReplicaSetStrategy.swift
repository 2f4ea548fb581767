import FairleadModel

/// The rules of ReplicaSets.
struct ReplicaSetStrategy: PodSetStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        WorkloadRules.defaultTemplate(&spec)
        spec.setDefault("replicas", 1)
        object["spec"] = spec
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["replicas": 0]
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        WorkloadRules.nonNegative(object, "spec", ["replicas", "minReadySeconds"])
            + WorkloadRules.selectorAndTemplate(object["spec"] ?? .null, context)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + WorkloadRules.immutableSelector(object, old: old)
    }
}
