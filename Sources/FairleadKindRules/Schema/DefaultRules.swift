import FairleadModel
import FairleadSchema

/// The default values in a schema must be valid themselves.
///
/// Reference: k8s.io/apiextensions-apiserver `schema/defaulting/validation.go`.
enum DefaultRules {
    static func errors(of schema: Value, _ path: FieldPath) -> [FieldError] {
        var errors = BoundedErrors()
        let structure = StructuralSchema(schema, isRoot: true)
        if structure.hasDefaults { visit(structure, path, ValidationWork(), &errors) }
        return errors.all(at: path)
    }

    private static func visit(
        _ schema: StructuralSchema, _ path: FieldPath, _ work: ValidationWork, _ errors: inout BoundedErrors
    ) {
        guard schema.hasDefaults, !errors.isFull else { return }
        if let value = schema.defaultValue {
            errors += Self.errors(of: value, schema, path.child("default"), work)
        }
        if let items = schema.items { visit(items, path.child("items"), work, &errors) }
        for name in schema.propertyNames {
            guard let property = schema.properties[name] else { continue }
            visit(property, path.child("properties").key(name), work, &errors)
        }
        if let additional = schema.additionalSchema {
            visit(additional, path.child("additionalProperties"), work, &errors)
        }
    }

    private static func errors(
        of value: Value, _ schema: StructuralSchema, _ path: FieldPath, _ work: ValidationWork
    ) -> [FieldError] {
        var pruned = value
        var unknown: [String] = []
        schema.prune(&pruned, isResource: schema.isEmbeddedResource, unknown: &unknown)
        if !unknown.isEmpty { return [.invalid(path, value, "must not have unknown fields")] }
        let errors = SchemaValidator(prefix: path, work: work).errors(of: value, schema)
        return errors.isEmpty ? schema.ruleFindings(of: value, old: nil, at: path).errors : errors
    }
}
