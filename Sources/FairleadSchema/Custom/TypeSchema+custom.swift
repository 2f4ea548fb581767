import FairleadModel

/// Converts a custom schema into what server-side apply knows about built-in types: which lists are keyed, which maps
/// are atomic, and which fields exist.
///
/// Reference: k8s.io/kube-openapi `pkg/schemaconv`.
extension TypeSchema {
    static func custom(
        of schema: StructuralSchema, name: String, identity: (group: String, version: String, kind: String),
        hasStatus: Bool, objectMeta: TypeSchema?
    ) -> TypeSchema {
        let definition: Value = [
            "x-kubernetes-group-version-kind": [
                [
                    "group": .string(identity.group), "version": .string(identity.version),
                    "kind": .string(identity.kind),
                ]
            ]
        ]
        return TypeSchema(
            name: name, fields: fields(of: schema, isResource: true, name: name, objectMeta),
            definition: definition, protoInline: [],
            custom: .init(keepsUnknownFields: schema.preservesUnknownFields, hasStatus: hasStatus))
    }

    private static func fields(
        of schema: StructuralSchema, isResource: Bool, name: String, _ objectMeta: TypeSchema?
    ) -> [FieldSchema] {
        var fields: [String: FieldSchema] = [:]
        for (key, property) in schema.properties {
            fields[key] = FieldSchema(
                name: key, shape: shape(of: property, name: name + "." + key, objectMeta),
                isRequired: schema.required.contains(key), definition: definition(of: property))
        }
        if isResource {
            for key in ["apiVersion", "kind"] {
                fields[key] = FieldSchema(name: key, shape: .string, isRequired: false, definition: pointer)
            }
            fields["metadata"] = FieldSchema(
                name: "metadata", shape: objectMeta.map { .object($0) } ?? .any, isRequired: false,
                definition: pointer)
        }
        return fields.values.sorted { $0.name.isBefore($1.name) }
    }

    /// The field is a pointer: a missing value is not replaced by a zero value.
    private static let pointer: Object = ["x-fairlead-pointer": true]

    private static func definition(of schema: StructuralSchema) -> Object {
        var definition = pointer
        definition["default"] = schema.defaultValue
        if !schema.listType.isEmpty { definition["x-kubernetes-list-type"] = .string(schema.listType) }
        if !schema.mapType.isEmpty { definition["x-kubernetes-map-type"] = .string(schema.mapType) }
        if !schema.listMapKeys.isEmpty {
            definition["x-kubernetes-list-map-keys"] = .array(schema.listMapKeys.map { .string($0) })
        }
        return definition
    }

    private static func shape(of schema: StructuralSchema, name: String, _ objectMeta: TypeSchema?) -> Shape {
        if schema.isIntOrString { return .intOrString }
        switch schema.type {
        case "string": return .string
        case "boolean": return .bool
        case "integer": return .int64
        case "number": return .double
        case "array": return .list(schema.items.map { shape(of: $0, name: name, objectMeta) } ?? .any)
        case "object":
            if let element = schema.additional.schema { return .map(shape(of: element, name: name, objectMeta)) }
            if case .any(true) = schema.additional { return .any }
            if schema.properties.isEmpty, !schema.isEmbeddedResource, schema.preservesUnknownFields { return .any }
            let type = TypeSchema(
                name: name,
                fields: fields(of: schema, isResource: schema.isEmbeddedResource, name: name, objectMeta),
                definition: schema.mapType == "atomic" ? ["x-kubernetes-map-type": "atomic"] : .object(Object()),
                protoInline: [], custom: .init(keepsUnknownFields: schema.preservesUnknownFields, hasStatus: false))
            return .object(type)
        default: return .any
        }
    }
}
