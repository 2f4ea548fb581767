import FairleadModel

/// The rules of ReplicaSets.
struct ReplicaSetStrategy: ResourceStrategy {
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
            + WorkloadRules.selector(object.at("spec", "selector"))
            + WorkloadRules.template(object, controller: "ReplicaSet", context)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + WorkloadRules.immutableSelector(object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        WorkloadRules.statusCounts(object, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"])
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        WorkloadRules.warnings(object, isNew: old == nil)
    }

    let selectableFieldNames = ["status.replicas"]
    func selectableFields(of object: Value) -> [String: String] {
        ["status.replicas": String(object.at("status", "replicas")?.int ?? 0)]
    }

    let generationFields = ["spec"]
}
