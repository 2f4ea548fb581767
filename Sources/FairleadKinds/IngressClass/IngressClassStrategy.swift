import FairleadModel
import FairleadKindRules

/// The rules of IngressClasses, whose controller is immutable.
struct IngressClassStrategy: ResourceStrategy {
    let generationFields = ["spec"]

    func setDefaults(_ object: inout Value) {
        object.change("spec") { spec in spec.change("parameters") { $0.setDefault("scope", "Cluster") } }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        IngressClassValidation.errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        IngressClassValidation.errors(for: object, old: old)
    }
}
