import FairleadModel
import FairleadSchema

/// That the defaults of a schema are values of it.
///
/// Reference: k8s.io/apiextensions-apiserver `schema/defaulting/validation.go`.
enum DefaultRules {
    static func errors(of schema: Value, _ path: FieldPath) -> [FieldError] {
        guard schema.object != nil else { return [] }
        var errors: [FieldError] = []
        if let value = schema["default"] {
            errors += Self.errors(of: value, StructuralSchema(schema), path.child("default"))
        }
        if let items = schema["items"] { errors += Self.errors(of: items, path.child("items")) }
        for property in schema.entries("properties") {
            errors += Self.errors(of: property.value, path.child("properties").key(property.key))
        }
        if let additional = schema["additionalProperties"] {
            errors += Self.errors(of: additional, path.child("additionalProperties"))
        }
        return errors
    }

    private static func errors(of value: Value, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        var pruned = value
        var unknown: [String] = []
        schema.prune(&pruned, isResource: schema.isEmbeddedResource, unknown: &unknown)
        if !unknown.isEmpty { return [.invalid(path, value, "must not have unknown fields")] }
        return SchemaValidator(prefix: path.description).errors(of: value, schema)
    }
}
