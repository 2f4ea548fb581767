import FairleadModel

/// Defaults of webhook configurations.
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
}

/// Defaults of CEL policies and their bindings.
struct AdmissionPolicyStrategy: ResourceStrategy {
    let generationFields = ["spec"]
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout Value) {
        let isBinding = object.kind.hasSuffix("Binding")
        object.change("spec") { spec in
            if isBinding {
                spec.change("paramRef") { $0.setDefault("parameterNotFoundAction", "Deny") }
                spec.change("matchResources", Self.defaultMatches)
            } else {
                spec.setDefault("failurePolicy", "Fail")
                spec.change("matchConstraints", Self.defaultMatches)
            }
        }
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
