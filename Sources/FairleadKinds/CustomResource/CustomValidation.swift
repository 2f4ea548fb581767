import FairleadModel
import FairleadRules
import FairleadSchema

/// Everything that can be wrong with a custom object besides its metadata, in Kubernetes' order.
struct CustomValidation {
    let custom: Kind.Custom

    init(_ custom: Kind.Custom) { self.custom = custom }

    func errors(of object: Value, old: Value?) -> [FieldError] {
        let version = custom.version
        var errors: [FieldError] = []
        if object.kind != custom.kind {
            errors.append(.invalid(FieldPath("kind"), .string(object.kind), "must be \(custom.kind)"))
        }
        if object.apiVersion != custom.apiVersion {
            errors.append(
                .invalid(FieldPath("apiVersion"), .string(object.apiVersion), "must be \(custom.apiVersion)"))
        }
        let work = ValidationWork()
        errors += SchemaValidator(work: work).errors(of: object, version.schema, old: old)
        if let scale = version.scale {
            errors += replicaErrors(object, scale.specReplicas)
            errors += replicaErrors(object, scale.statusReplicas)
        }
        if version.hasEmbeddedResources { errors += embeddedErrors(object) }
        errors += ListInvariants.errors(of: object, version.schema, at: .root, old: old, work: work)
        return errors + ruleErrors(object, old, after: errors)
    }

    func statusErrors(of object: Value, old: Value) -> [FieldError] {
        guard let schema = custom.version.schema.node(at: ["status"]), let status = object["status"] else { return [] }
        let path = FieldPath("status")
        let work = ValidationWork()
        let errors =
            SchemaValidator(prefix: path, work: work).errors(of: status, schema, old: old["status"])
            + ListInvariants.errors(of: status, schema, at: path, old: old["status"], work: work)
        return errors + ruleErrors(object, old, after: errors)
    }

    private static let blocking: Set<FieldError.Kind> = [.notSupported, .required, .tooLong, .tooMany, .typeInvalid]

    /// Rules are evaluated only on objects that otherwise satisfy the schema.
    private func ruleErrors(_ object: Value, _ old: Value?, after errors: [FieldError]) -> [FieldError] {
        guard custom.version.hasRules else { return [] }
        if errors.contains(where: { Self.blocking.contains($0.kind) }) {
            return [
                .invalid(
                    .root, .null,
                    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
                )
            ]
        }
        return custom.version.schema.ruleFindings(of: object, old: old, at: .root).errors
    }

    /// Rule violations that the object already had before the update, and which are tolerated.
    func ruleWarnings(for object: Value, old: Value) -> [String] {
        guard custom.version.hasRules else { return [] }
        return custom.version.schema.ruleFindings(of: object, old: old, at: .root).warnings.map(\.description)
    }

    private func replicaErrors(_ object: Value, _ path: [String]) -> [FieldError] {
        guard let count = object.at(path[...])?.int else { return [] }
        let field = FieldPath("." + path.joined(separator: "."))
        if count < 0 { return [.invalid(field, .int(count), "should be a non-negative integer")] }
        guard count > Int64(Int32.max) else { return [] }
        return [.invalid(field, .int(count), "should be less than or equal to \(Int32.max)")]
    }

    private func embeddedErrors(_ object: Value) -> [FieldError] {
        var errors: [FieldError] = []
        var copy = object
        custom.version.schema.forEachEmbeddedResource(&copy) { (embedded, place) throws(Never) in
            errors += Self.errors(ofEmbedded: embedded, FieldPath(place))
        }
        return errors
    }

    /// Reference: k8s.io/apiextensions-apiserver `schema/objectmeta/validation.go`.
    private static func errors(ofEmbedded object: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["apiVersion", "kind"] where object[field] == nil { errors.append(.required(path.child(field))) }
        func text(_ field: String, _ check: (String) -> String?) {
            guard let value = object[field] else { return }
            let why = value.string.map { $0.isEmpty ? "must not be empty" : check($0) } ?? "must be a string"
            if let why { errors.append(.invalid(path.child(field), value, why)) }
        }
        text("apiVersion") { version in
            version.utf8.count { $0 == UInt8(ascii: "/") } > 1 ? "unexpected GroupVersion string: \(version)" : nil
        }
        text("kind") { kind in
            let messages = NameRules.dns1035Label(kind.lowercased())
            return messages.isEmpty
                ? nil : "may have mixed case, but should otherwise match: " + messages.joined(separator: ",")
        }
        if let metadata = object["metadata"], metadata.object != nil {
            errors += MetadataValidation.embeddedErrors(of: metadata, at: path.child("metadata"))
        }
        return errors
    }
}
