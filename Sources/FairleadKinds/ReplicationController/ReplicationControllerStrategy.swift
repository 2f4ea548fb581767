import FairleadModel

/// The rules of ReplicationControllers, whose selector is a plain map taken from the template where it is missing.
struct ReplicationControllerStrategy: PodSetStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        WorkloadRules.defaultTemplate(&spec)
        spec.setDefault("replicas", 1)
        let labels = spec.at("template", "metadata", "labels")
        if let labels, !labels.stringMap.isEmpty {
            if spec.entries("selector").isEmpty { spec["selector"] = labels }
            if object.labels.isEmpty { object.set(labels, at: "metadata", "labels") }
        }
        object["spec"] = spec
    }

    let orphansByDefault = true

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["replicas": 0]
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors = WorkloadRules.nonNegative(object, "spec", ["minReadySeconds"])
        if spec.entries("selector").isEmpty { errors.append(.required(FieldPath("spec", "selector"))) }
        errors += WorkloadRules.nonNegative(object, "spec", ["replicas"])
        // The template's rules are those of sets: give them the selector in its newer form.
        var asSet = object
        asSet.set(["matchLabels": spec["selector"] ?? .object(Object())], at: "spec", "selector")
        return errors + WorkloadRules.template(asSet, controller: "ReplicationController", context)
    }
}
