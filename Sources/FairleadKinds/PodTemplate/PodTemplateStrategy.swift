import FairleadRules
import FairleadModel

/// The rules of PodTemplates.
struct PodTemplateStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var template = object["template"] ?? .object(Object())
        PodSpecDefaults.apply(toTemplate: &template)
        object["template"] = template
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        PodSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged)
            .errors(ofTemplate: object["template"] ?? .null, FieldPath("template"))
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}
    let generationFields = ["template"]
    var answersDeletedObject: Bool { true }
}
