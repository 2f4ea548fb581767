import FairleadModel

/// What ReplicaSets and their older form, ReplicationControllers, have in common.
protocol PodSetStrategy: ResourceStrategy {}

extension PodSetStrategy {
    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let counts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]
        return WorkloadRules.nonNegative(
            object, "status", ["replicas"] + counts + ["terminatingReplicas", "observedGeneration"])
            + WorkloadRules.boundedCounts(object, counts)
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        WorkloadRules.warnings(object, old: old)
    }

    var selectableFieldNames: [String] { ["status.replicas"] }
    func selectableFields(of object: Value) -> [String: String] {
        ["status.replicas": String(object.at("status", "replicas")?.int ?? 0)]
    }

    var generationFields: [String] { ["spec"] }
}
