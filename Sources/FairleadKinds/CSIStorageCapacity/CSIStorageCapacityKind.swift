import FairleadModel
import FairleadKindRules

extension Kind {
    static let csiStorageCapacity = Kind(
        "CSIStorageCapacity", group: "storage.k8s.io", resource: "csistoragecapacities", package: "storage.v1",
        storageHash: "xeVl+2Ly1kE=", strategy: CSIStorageCapacityStrategy())
}

/// The rules of CSIStorageCapacities.
struct CSIStorageCapacityStrategy: ResourceStrategy {
    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.capacityErrors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + CSIValidation.capacityErrors(for: object, old: old)
    }

    var allowsUnconditionalUpdate: Bool { false }
}
