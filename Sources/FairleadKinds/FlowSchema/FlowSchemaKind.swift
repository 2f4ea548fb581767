import FairleadModel
import FairleadKindRules

extension Kind {
    static let flowSchema = Kind(
        "FlowSchema", group: "flowcontrol.apiserver.k8s.io", resource: "flowschemas", isNamespaced: false,
        subresources: [.status("FlowSchema")], package: "flowcontrol.v1", storageHash: "GJVAJZSZBIw=",
        strategy: FlowSchemaStrategy(),
        columns: TablePrinter([
            .name, TableColumn("PriorityLevel"), TableColumn("MatchingPrecedence"),
            TableColumn("DistinguisherMethod"), .age,
            TableColumn("MissingPL", "references a broken or non-existent PriorityLevelConfiguration"),
        ]) { subject in
            let conditions = subject["status", "conditions"]?.array ?? []
            let dangling = conditions.first { $0["type"]?.string == "Dangling" }?["status"]?.string
            return [
                subject.name, subject.text("spec", "priorityLevelConfiguration", "name", or: "<none>"),
                subject.number("spec", "matchingPrecedence"),
                subject.text("spec", "distinguisherMethod", "type", or: "<none>"), subject.age,
                .string(dangling ?? "?"),
            ]
        })
}

/// The rules of FlowSchemas.
struct FlowSchemaStrategy: ResourceStrategy {
    let generationFields = ["spec"]

    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        spec.setDefaultNumber("matchingPrecedence", 1000)
        object["spec"] = spec
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) { object["status"] = [:] }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        FlowSchemaValidation.errors(for: object)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        FlowSchemaValidation.conditionErrors(for: object)
    }
}
