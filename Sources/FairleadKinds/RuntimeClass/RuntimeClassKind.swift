import FairleadModel
import FairleadRules

extension Kind {
    static let runtimeClass = Kind(
        "RuntimeClass", group: "node.k8s.io", resource: "runtimeclasses", isNamespaced: false, package: "node.v1",
        storageHash: "WQTu1GL3T2Q=", strategy: RuntimeClassStrategy(),
        columns: TablePrinter([.name, TableColumn("Handler"), .age]) { [$0.name, $0.text("handler"), $0.age] })
}

/// The rules of RuntimeClasses, whose handler is immutable.
struct RuntimeClassStrategy: ResourceStrategy {
    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        RuntimeClassValidation.errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + RuntimeClassValidation.errors(for: object, old: old)
    }

    var allowsUnconditionalUpdate: Bool { false }
}
