import FairleadModel
import FairleadKindRules

extension Kind {
    static let csiNode = Kind(
        "CSINode", group: "storage.k8s.io", resource: "csinodes", isNamespaced: false, package: "storage.v1",
        storageHash: "Pe62DkZtjuo=", strategy: CSINodeStrategy(),
        columns: TablePrinter([
            .name, .integer("Drivers", "Drivers indicates the number of CSI drivers registered on the node"), .age,
        ]) { [$0.name, .int(Int64($0["spec", "drivers"]?.array?.count ?? 0)), $0.age] })
}

/// The rules of CSINodes.
struct CSINodeStrategy: ResourceStrategy {
    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.nodeErrors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CSIValidation.nodeErrors(for: object, old: old)
    }

    var allowsUnconditionalUpdate: Bool { false }
    var answersDeletedObject: Bool { true }
}
