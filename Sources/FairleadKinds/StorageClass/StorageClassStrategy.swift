import FairleadKindRules
import FairleadModel

/// The rules of StorageClasses: everything that determines the volumes created from them is immutable.
struct StorageClassStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        object.setDefault("reclaimPolicy", "Delete")
        object.setDefault("volumeBindingMode", "Immediate")
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        StorageClassValidation.errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + StorageClassValidation.errors(for: object, old: old)
    }

    var answersDeletedObject: Bool { true }
}
