import FairleadKindRules
import FairleadModel
import FairleadRules

/// Defaults and rules of webhook configurations.
struct WebhookConfigurationStrategy: ResourceStrategy {
    let generationFields = ["webhooks"]
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout Value) {
        let isMutating = object.kind == "MutatingWebhookConfiguration"
        object.changeItems("webhooks") { webhook in
            webhook.setDefault("failurePolicy", "Fail")
            webhook.setDefault("matchPolicy", "Equivalent")
            webhook.setDefault("namespaceSelector", [:])
            webhook.setDefault("objectSelector", [:])
            webhook.setDefault("timeoutSeconds", 10)
            if isMutating { webhook.setDefault("reinvocationPolicy", "Never") }
            webhook.changeItems("rules") { $0.setDefault("scope", "*") }
            webhook.change("clientConfig") { client in client.change("service") { $0.setDefault("port", 443) } }
        }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        Self.validation(of: object, old: nil).errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        Self.validation(of: object, old: old).errors(for: object)
    }

    private static func validation(of object: Value, old: Value?) -> WebhookConfigurationValidation {
        WebhookConfigurationValidation(isMutating: object.kind == "MutatingWebhookConfiguration", old: old)
    }
}

/// Defaults of CEL policies and their bindings.
struct AdmissionPolicyStrategy: ResourceStrategy {
    let generationFields = ["spec"]
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout Value) {
        let isBinding = object.kind.hasSuffix("Binding")
        object.change("spec") { spec in
            if isBinding {
                spec.change("matchResources", Self.defaultMatches)
            } else {
                spec.setDefault("failurePolicy", "Fail")
                spec.change("matchConstraints", Self.defaultMatches)
            }
        }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let isMutating = object.kind.hasPrefix("Mutating")
        if object.kind.hasSuffix("Binding") { return PolicyBindingValidation.errors(object, isMutating: isMutating) }
        return isMutating ? PolicyValidation.mutatingErrors(object) : PolicyValidation.validatingErrors(object)
    }

    /// Expressions that are there already are not compiled again.
    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        object["spec"] == old["spec"] ? [] : validate(object, context)
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        if object.kind == "ValidatingAdmissionPolicy" { object["status"] = .object(Object()) }
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let status = FieldPath("status")
        var errors: [FieldError] = []
        let path = status.child("typeChecking").child("expressionWarnings")
        for (index, warning) in (object.at("status", "typeChecking")?.items("expressionWarnings") ?? []).enumerated() {
            for field in ["warning", "fieldRef"] where warning.text(field).isEmpty {
                errors.append(.required(path.index(index).child(field)))
            }
        }
        return errors
    }

    private static func defaultMatches(_ matches: inout Value) {
        matches.setDefault("matchPolicy", "Equivalent")
        matches.setDefault("namespaceSelector", [:])
        matches.setDefault("objectSelector", [:])
        for list in ["resourceRules", "excludeResourceRules"] {
            matches.changeItems(list) { $0.setDefault("scope", "*") }
        }
    }
}
