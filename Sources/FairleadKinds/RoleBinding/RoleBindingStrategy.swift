import FairleadModel
import FairleadKindRules

/// The rules of RoleBindings and ClusterRoleBindings.
struct RoleBindingStrategy: ResourceStrategy {
    let isNamespaced: Bool

    func setDefaults(_ object: inout Value) { RoleValidation.setBindingDefaults(&object) }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        RoleValidation.bindingErrors(for: object, isNamespaced: isNamespaced)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        RoleValidation.bindingErrors(for: object, old: old, isNamespaced: isNamespaced)
    }

    func nameErrors(_ name: String, isPrefix: Bool) -> [String] { NameRules.pathSegment(name) }
    var allowsCreateOnUpdate: Bool { true }
}
