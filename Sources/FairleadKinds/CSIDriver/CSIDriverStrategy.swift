import FairleadKindRules
import FairleadModel

/// The rules of CSIDrivers.
struct CSIDriverStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        spec.setDefault("attachRequired", true)
        for name in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
            spec.setDefault(name, false)
        }
        if spec.items("volumeLifecycleModes").isEmpty { spec["volumeLifecycleModes"] = ["Persistent"] }
        spec.setDefault("fsGroupPolicy", "ReadWriteOnceWithFSType")
        object["spec"] = spec
    }

    /// A field whose feature gate is off in this version.
    private static let gated = "preventPodSchedulingIfMissing"

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object.set(nil, at: "spec", Self.gated)
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        if old.at("spec", Self.gated) == nil { object.set(nil, at: "spec", Self.gated) }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.driverErrors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.driverErrors(for: object, old: old)
    }

    /// A new driver has no generation; its first change sets one.
    func raisesGeneration(_ object: Value, old: Value) -> Bool {
        ["tokenRequests", "requiresRepublish", "seLinuxMount"].contains { object.at("spec", $0) != old.at("spec", $0) }
    }

    var allowsUnconditionalUpdate: Bool { false }
    var answersDeletedObject: Bool { true }
}
