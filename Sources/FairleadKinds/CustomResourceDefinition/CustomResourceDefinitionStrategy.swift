package import FairleadModel
import FairleadSchema

/// The rules of CustomResourceDefinitions.
///
/// Reference: k8s.io/apiextensions-apiserver `pkg/registry/customresourcedefinition/strategy.go`,
/// `pkg/apis/apiextensions/v1/defaults.go`.
package struct CustomResourceDefinitionStrategy: ResourceStrategy {
    /// Keeps a definition until its objects are gone.
    static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    package init() {}

    package func setDefaults(_ object: inout Value) {
        object.change("spec") { spec in
            spec.change("names") { Self.setNames(&$0) }
            if spec.isEmptyOrAbsent("conversion") { spec["conversion"] = ["strategy": "None"] }
            spec.change("conversion") { conversion in
                conversion.change("webhook") { webhook in
                    webhook.change("clientConfig") { config in
                        config.change("service") { $0.setDefaultNumber("port", 443) }
                    }
                }
            }
        }
    }

    private static func setNames(_ names: inout Value) {
        let kind = names.text("kind")
        if names.text("singular").isEmpty, !kind.isEmpty { names["singular"] = .string(kind.lowercased()) }
        if names.text("listKind").isEmpty, !kind.isEmpty { names["listKind"] = .string(kind + "List") }
    }

    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = [
            "conditions": .null, "acceptedNames": ["plural": "", "kind": ""], "storedVersions": .null,
        ]
        Self.addStoredVersion(&object)
    }

    package func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["status"] = old["status"]
        Self.addStoredVersion(&object)
    }

    package func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        // Unlike for other kinds, a status update of a definition may change its metadata: the controller that deletes
        // its objects removes its finalizer there, whatever is wrong with the rest.
        object["spec"] = old["spec"]
    }

    /// From now on, objects are stored in the storage version.
    private static func addStoredVersion(_ object: inout Value) {
        guard let name = object["spec"]?.items("versions").first(where: { $0.flag("storage") })?.text("name") else {
            return
        }
        var stored = object["status"]?.strings("storedVersions") ?? []
        if stored.contains(name) { return }
        stored.append(name)
        object.set(.array(stored.map { .string($0) }), at: "status", "storedVersions")
    }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors: [FieldError] = []
        let expected = "\(object["spec"]?["names"]?.text("plural") ?? "").\(object["spec"]?.text("group") ?? "")"
        if !object.name.isEmpty, object.name != expected {
            errors.append(
                .invalid(
                    FieldPath("metadata", "name"), .string(object.name), "must be spec.names.plural+\".\"+spec.group"))
        }
        return errors + DefinitionValidation(object).errors(old: nil)
    }

    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        DefinitionValidation(object).errors(old: old)
    }

    package func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        DefinitionValidation(object).statusErrors()
    }

    package func warnings(for object: Value, old: Value?) -> [String] {
        if let old, old["spec"] == object["spec"] { return [] }
        return DefinitionWarnings.texts(for: object)
    }

    package var generationFields: [String] { ["spec"] }
    package var answersDeletedObject: Bool { true }

    package func beginningFinalization(of object: Value, at now: Timestamp) -> Value? {
        var result = object
        result.set(.string(now.rfc3339), at: "metadata", "deletionTimestamp")
        if !object.finalizers.contains(Self.finalizer) { result.finalizers = object.finalizers + [Self.finalizer] }
        let condition: Value = [
            "type": "Terminating", "status": "True", "reason": "InstanceDeletionPending",
            "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            "lastTransitionTime": .string(now.rfc3339),
        ]
        let others = (object["status"]?.items("conditions") ?? []).filter { $0.text("type") != "Terminating" }
        result.set(.array(others + [condition]), at: "status", "conditions")
        return result
    }
}
