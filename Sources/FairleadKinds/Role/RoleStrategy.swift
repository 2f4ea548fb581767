import FairleadModel
import FairleadKindRules

/// The rules of Roles and ClusterRoles. Their names need only be valid path segments.
struct RoleStrategy: ResourceStrategy {
    let isNamespaced: Bool

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        RoleValidation.errors(for: object, isNamespaced: isNamespaced)
    }

    func nameErrors(_ name: String, isPrefix: Bool) -> [String] { NameRules.pathSegment(name) }
    var allowsCreateOnUpdate: Bool { true }
}
