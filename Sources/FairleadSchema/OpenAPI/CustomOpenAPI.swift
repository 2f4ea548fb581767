import FairleadModel

/// Custom kinds as OpenAPI definitions.
///
/// Reference: k8s.io/apiextensions-apiserver `pkg/controller/openapi/builder`.
enum CustomOpenAPI {
    static let info: Value = ["title": "Kubernetes CRD Swagger", "version": "v0.1.0"]

    /// The definitions of a version: the kind and its list.
    static func definitions(
        _ definition: CustomDefinition, _ version: CustomDefinition.Version, _ dialect: OpenAPIDialect
    ) -> [(String, Value)] {
        let kind = definition.names.kind
        let name = CustomDefinition.schemaName(group: definition.group, version: version.name, kind: kind)
        func identity(_ kind: String) -> Value {
            [
                [
                    "group": .string(definition.group), "version": .string(version.name), "kind": .string(kind),
                ]
            ]
        }
        var object = dialect == .v2 ? reduced(version.source) : published(version.source)
        object["x-kubernetes-group-version-kind"] = identity(kind)
        if object["type"] == nil, !version.schema.preservesUnknownFields { object["type"] = "object" }
        var properties = object["properties"]?.object ?? Object()
        properties["apiVersion"] = ["description": .string(apiVersionText), "type": "string"]
        properties["kind"] = ["description": .string(kindText), "type": "string"]
        properties["metadata"] = reference(dialect, "ObjectMeta", metadataText)
        object["properties"] = .object(properties)

        let listKind = definition.names.listKind
        let list: Value = [
            "description": .string("\(listKind) is a list of \(kind)"), "type": "object", "required": ["items"],
            "x-kubernetes-group-version-kind": identity(listKind),
            "properties": [
                "apiVersion": ["description": .string(apiVersionText), "type": "string"],
                "kind": ["description": .string(kindText), "type": "string"],
                "items": [
                    "description": .string("List of \(definition.plural). More info: \(conventions)"),
                    "type": "array", "items": dialect.reference(to: name),
                ],
                "metadata": reference(dialect, "ListMeta", listMetadataText),
            ],
        ]
        return [(name, object), (name + "List", list)]
    }

    private static func reference(_ dialect: OpenAPIDialect, _ type: String, _ description: String) -> Value {
        let target = dialect.reference(to: "io.k8s.apimachinery.pkg.apis.meta.v1." + type)
        if dialect == .v2 {
            var value = target
            value["description"] = .string(description)
            return value
        }
        return ["allOf": [target], "description": .string(description)]
    }

    /// A schema with what Kubernetes adds to it: the alternatives integer and string, and the fields of embedded
    /// objects.
    private static func published(_ source: Value) -> Value {
        guard case .object(var object) = source else { return source }
        object.mapValues { key, value in
            switch key {
            case "properties":
                guard case .object(var properties) = value else { return }
                properties.mapValues { _, property in property = published(property) }
                value = .object(properties)
            case "items", "additionalProperties", "not": value = published(value)
            default: break
            }
        }
        if object["x-kubernetes-int-or-string"]?.bool == true {
            object["type"] = nil
            if object["anyOf"] == nil, object["allOf"] == nil {
                object["anyOf"] = [["type": "integer"], ["type": "string"]]
            }
        }
        if object["x-kubernetes-embedded-resource"]?.bool == true {
            var properties = object["properties"]?.object ?? Object()
            properties["apiVersion"] = ["description": .string(apiVersionText), "type": "string"]
            properties["kind"] = ["description": .string(kindText), "type": "string"]
            properties["metadata"] = reference(.v3, "ObjectMeta", metadataText)
            object["properties"] = .object(properties)
            let required = object["required"]?.array ?? []
            object["required"] = .array(required + ["kind", "apiVersion"].filter { !required.contains($0) })
        }
        return .object(object)
    }

    /// The part of a schema that OpenAPI v2 can express.
    private static func reduced(_ source: Value) -> Value {
        guard case .object(let object) = source else { return source }
        var result = Object()
        let isLoose =
            object["nullable"]?.bool == true || object["x-kubernetes-int-or-string"]?.bool == true
            || object["x-kubernetes-preserve-unknown-fields"]?.bool == true
        for member in object.members {
            switch member.key {
            case "allOf", "anyOf", "oneOf", "not", "nullable": break
            case "type", "items", "properties", "additionalProperties":
                if !isLoose { reduce(member, into: &result) }
            default: result[member.key] = member.value
            }
        }
        return .object(result)
    }

    private static func reduce(_ member: Object.Member, into result: inout Object) {
        switch member.key {
        case "items", "additionalProperties": result[member.key] = reduced(member.value)
        case "properties":
            var properties = member.value.object ?? Object()
            properties.mapValues { _, value in value = reduced(value) }
            result["properties"] = .object(properties)
        default: result[member.key] = member.value
        }
    }

    // The descriptions of the fields that every object has.
    private static let conventions =
        "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
    private static let apiVersionText =
        "APIVersion defines the versioned schema of this representation of an object. Servers should convert "
        + "recognized schemas to the latest internal value, and may reject unrecognized values. More info: "
        + conventions + "#resources"
    private static let kindText =
        "Kind is a string value representing the REST resource this object represents. Servers may infer this from "
        + "the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: "
        + conventions + "#types-kinds"
    private static let metadataText = "Standard object's metadata. More info: \(conventions)#metadata"
    private static let listMetadataText =
        "Standard list metadata. More info: \(conventions)#types-kinds"
}
