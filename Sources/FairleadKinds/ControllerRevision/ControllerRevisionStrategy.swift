import FairleadRules
import FairleadModel

/// The rules of ControllerRevisions: data that never changes, and a revision number.
struct ControllerRevisionStrategy: ResourceStrategy {
    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let missing: [FieldError] =
            object["data"] == nil ? [.required(FieldPath("data"), "data is mandatory")] : []
        return FieldChecks.nonNegative(object["revision"], FieldPath("revision")) + missing
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + FieldChecks.unchanged(object["data"], old["data"], FieldPath("data"))
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}
}
