import FairleadModel
import FairleadKindRules

extension Kind {
    static let apiService = Kind(
        "APIService", group: "apiregistration.k8s.io", resource: "apiservices", categories: ["api-extensions"],
        isNamespaced: false, subresources: [.status("APIService")],
        typeName: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService", storageHash: "InPBPD7+PqM=",
        strategy: APIServiceStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Service", "The reference to the service that hosts this API endpoint."),
            TableColumn("Available", "Whether this service is available."), .age,
        ]) { subject in
            let service = subject["spec", "service"].map {
                "\($0["namespace"]?.string ?? "")/\($0["name"]?.string ?? "")"
            }
            let conditions = subject["status", "conditions"]?.array ?? []
            let available = conditions.first { $0["type"]?.string == "Available" }
            var state = available?["status"]?.string ?? "Unknown"
            if state != "True", let reason = available?["reason"]?.string, !reason.isEmpty { state += " (\(reason))" }
            return [subject.name, .string(service ?? "Local"), .string(state), subject.age]
        })
}

/// The rules of APIServices.
struct APIServiceStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        object.change("spec") { spec in spec.change("service") { $0.setDefault("port", 443) } }
    }

    /// APIServices that the server answers itself are available at once.
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = [:]
        guard object.at("spec", "service") == nil else { return }
        object["status"] = [
            "conditions": [
                [
                    "type": "Available", "status": "True", "reason": "Local",
                    "message": "Local APIServices are always available",
                    "lastTransitionTime": .string(context.environment.now().rfc3339),
                ]
            ]
        ]
    }

    func nameErrors(_ name: String, isPrefix: Bool) -> [String] { NameRules.pathSegment(name) }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        APIServiceValidation.errors(for: object)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        APIServiceValidation.statusErrors(for: object)
    }

    var allowsUnconditionalUpdate: Bool { false }
}
