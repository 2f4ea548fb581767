import FairleadKindRules
import FairleadRules
package import FairleadModel

/// discovery.k8s.io/v1 EndpointSlice.
package struct EndpointSliceStrategy: ResourceStrategy {
    package init() {}

    package func setDefaults(_ object: inout Value) {
        // Both lists are always written, as null if empty.
        for field in ["endpoints", "ports"] where object.items(field).isEmpty { object[field] = .null }
        object.changeItems("endpoints") { $0.setDefault("conditions", [:]) }
        object.changeItems("ports") { port in
            port.setDefault("name", "")
            port.setDefault("protocol", "TCP")
        }
    }

    /// A v1beta1 field that v1 shows but does not accept.
    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object.changeItems("endpoints") { $0["deprecatedTopology"] = nil }
    }

    package func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        if object["endpoints"] != old["endpoints"] { prepareForCreate(&object, context) }
    }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        EndpointSliceValidation.errors(for: object, known: [])
    }

    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let known = old.items("endpoints").flatMap { $0.strings("addresses") }
        return EndpointSliceValidation.errors(for: object, known: Set(known))
            + FieldChecks.unchanged(object["addressType"], old["addressType"], FieldPath("addressType"))
    }

    package func warnings(for object: Value, old: Value?) -> [String] {
        var texts: [String] = []
        if old == nil, object.text("addressType") == "FQDN" {
            texts.append("spec.addressType: FQDN endpoints are deprecated")
        }
        if Self.controllers.contains(object.labels["endpointslice.kubernetes.io/managed-by"] ?? "") { return texts }
        for (index, endpoint) in object.items("endpoints").enumerated() {
            for (position, text) in endpoint.strings("addresses").enumerated() {
                let path = FieldPath("endpoints").index(index).child("addresses").index(position)
                texts += IPText.addressWarnings(text, path)
            }
        }
        return texts
    }

    /// No address warnings for these controllers' slices: nobody could act on them.
    private static let controllers = [
        "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io",
    ]

    package var generationFields: [String] { ["addressType", "endpoints", "ports", "metadata.labels"] }
}
