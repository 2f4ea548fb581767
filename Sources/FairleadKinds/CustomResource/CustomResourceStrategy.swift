package import FairleadModel
import FairleadSchema
package import FairleadStorage

/// The rules of custom objects.
///
/// Reference: k8s.io/apiextensions-apiserver `pkg/registry/customresource`.
package struct CustomResourceStrategy: ResourceStrategy {
    package let custom: Kind.Custom

    init(_ custom: Kind.Custom) { self.custom = custom }

    private var version: CustomDefinition.Version { custom.version }

    package func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard old == nil, custom.definition.isTerminating else { return }
        throw .forbidden(
            custom.definition.groupResource, name: object.name,
            "create not allowed while custom resource definition is terminating")
    }

    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        if version.hasStatus { object["status"] = nil }
    }

    package func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        if version.hasStatus { object["status"] = old["status"] }
    }

    /// Only the status changes.
    package func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        var result = old
        result["status"] = object["status"]
        result.set(object.at("metadata", "managedFields"), at: "metadata", "managedFields")
        object = result
    }

    /// An object is created only if its definition has not changed: a definition that is removed leaves none behind.
    package func allocate(
        _ object: inout Value?, old: Value?, in transaction: inout Transaction, _ context: StrategyContext
    ) throws(APIStatus) {
        guard old == nil, object != nil else { return }
        let key = ObjectKey(CustomKinds.definitions, namespace: "", name: custom.definition.name)
        guard let definition = context.snapshot.object(key) else { throw .unknownResource }
        transaction.conditions.append(.init(key: key, revision: definition.revision))
    }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        CustomValidation(custom).errors(of: object, old: nil)
    }

    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CustomValidation(custom).errors(of: object, old: old)
    }

    package func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CustomValidation(custom).statusErrors(of: object, old: old)
    }

    package func warnings(for object: Value, old: Value?) -> [String] {
        let unchanged = old.map { CustomValidation(custom).ruleWarnings(for: object, old: $0) } ?? []
        return unchanged + finalizerWarnings(object)
    }

    private func finalizerWarnings(_ object: Value) -> [String] {
        object.finalizers.filter { !$0.contains("/") && !Self.standardFinalizers.contains($0) }.map {
            "metadata.finalizers: \($0.goQuoted): prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
        }
    }

    private static let standardFinalizers: Set<String> = ["orphan", "foregroundDeletion", "kubernetes"]

    package func selectableFields(of object: Value) -> [String: String] {
        let object = custom.presented(object)
        var fields: [String: String] = [:]
        for (label, path) in version.selectableFields {
            switch object.at(path[...]) {
            case .string(let text)?: fields[label] = text
            case .bool(let flag)?: fields[label] = String(flag)
            case .int(let number)?: fields[label] = String(number)
            case .double(let number)?: fields[label] = number.goJSON
            default: fields[label] = ""
            }
        }
        return fields
    }

    package var selectableFieldNames: [String] { version.selectableFields.map(\.label) }
    package var hasFieldLabelConversion: Bool { true }
    package var allowsUnconditionalUpdate: Bool { false }
    /// Every custom object has a generation.
    package var generationFields: [String] { ["spec"] }

    package func raisesGeneration(_ object: Value, old: Value) -> Bool {
        func content(_ value: Value) -> Value {
            var content = value
            content["metadata"] = nil
            if version.hasStatus { content["status"] = nil }
            return content
        }
        return content(object) != content(old)
    }
}
