import FairleadModel

/// The rules of ReplicationControllers, whose selector is a plain map that defaults to the template's labels.
struct ReplicationControllerStrategy: PodSetStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        if spec["template"] != nil { WorkloadRules.defaultTemplate(&spec) }
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
        guard let template = spec["template"] else { return errors + [.required(FieldPath("spec", "template"))] }
        let labels = template.at("metadata", "labels")
        if !isSelected(labels, by: spec.entries("selector")) { errors.append(WorkloadRules.unselected(labels)) }
        return errors + WorkloadRules.template(spec, controller: "ReplicationController", context)
    }

    /// The selector is only compared, not validated.
    private func isSelected(_ labels: Value?, by selector: [Object.Member]) -> Bool {
        selector.allSatisfy { labels?[$0.key] == $0.value }
    }
}
