import FairleadModel
import FairleadSchema

/// Everything that can be wrong with a custom object beside its metadata, in Kubernetes' order.
struct CustomValidation {
    let custom: CustomResource

    init(_ custom: CustomResource) { self.custom = custom }

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
        errors += SchemaValidator().errors(of: object, version.schema, old: old)
        if let scale = version.scale {
            errors += replicaErrors(object, scale.specReplicas)
            errors += replicaErrors(object, scale.statusReplicas)
        }
        if version.hasEmbeddedResources { errors += embeddedErrors(object) }
        errors += ListInvariants.errors(of: object, version.schema, at: .root, old: old)
        return errors
    }

    func statusErrors(of object: Value, old: Value) -> [FieldError] {
        guard let schema = custom.version.schema.node(at: ["status"]), let status = object["status"] else { return [] }
        let path = FieldPath("status")
        return SchemaValidator(prefix: "status").errors(of: status, schema, old: old["status"])
            + ListInvariants.errors(of: status, schema, at: path, old: old["status"])
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
            for field in ["apiVersion", "kind"] where embedded[field]?.string ?? "" == "" {
                errors.append(.required(FieldPath(place).child(field), "must not be empty"))
            }
        }
        return errors
    }
}
