import FairleadModel

/// The two versions of OpenAPI that Kubernetes supports, and how each expresses the same things.
enum OpenAPIDialect: Sendable {
    /// OpenAPI ("Swagger") 2.0, `/openapi/v2`.
    case v2
    /// OpenAPI 3.0, `/openapi/v3/…`.
    case v3

    private static let sourcePrefix = "#/components/schemas/"

    func reference(to name: String) -> Value {
        ["$ref": .string((self == .v2 ? "#/definitions/" : Self.sourcePrefix) + name)]
    }

    /// A definition as clients see it, without members that only this program reads (`x-fairlead-…`).
    func definition(_ source: Value) -> Value {
        guard case .object(let object) = source else { return source }
        var result = schema(object)
        if self == .v2, result["oneOf"] != nil {
            result["oneOf"] = nil
            result["type"] = "string"
        }
        return .object(result)
    }

    private func schema(_ source: Object) -> Object {
        var result = Object()
        for member in source.members where !member.key.hasPrefix("x-fairlead-") {
            switch member.key {
            case "properties":
                var properties = member.value.object ?? Object()
                properties.mapValues { _, value in value = .object(schema(value.object ?? Object())) }
                result["properties"] = .object(properties)
            case "items", "additionalProperties":
                result[member.key] = .object(schema(member.value.object ?? Object()))
            case "$ref": result["$ref"] = translated(member.value)
            case "allOf":
                let target = translated(member.value.array?.first?["$ref"] ?? .null)
                if self == .v2 { result["$ref"] = target } else { result["allOf"] = [["$ref": target]] }
            case "default" where self == .v2: break
            default: result[member.key] = member.value
            }
        }
        return result
    }

    private func translated(_ reference: Value) -> Value {
        guard self == .v2, let text = reference.string else { return reference }
        return .string("#/definitions/" + text.dropFirst(Self.sourcePrefix.count))
    }

    /// The names of the definitions that a source definition refers to.
    static func references(in source: Value) -> [String] {
        switch source {
        case .object(let object):
            var names: [String] = []
            for member in object.members {
                if member.key == "$ref", let text = member.value.string {
                    names.append(String(text.dropFirst(sourcePrefix.count)))
                } else {
                    names += references(in: member.value)
                }
            }
            return names
        case .array(let elements): return elements.flatMap { references(in: $0) }
        default: return []
        }
    }

    // MARK: Parameters

    func parameter(
        _ name: String, in place: String, type: String, isRequired: Bool = false, _ description: String
    ) -> Value {
        var object: Object = ["name": .string(name), "in": .string(place), "description": .string(description)]
        if isRequired { object["required"] = true }
        let format: Value = ["type": .string(type), "uniqueItems": true]
        if self == .v2 {
            object["type"] = .string(type)
            object["uniqueItems"] = true
        } else {
            object["schema"] = format
        }
        return .object(object)
    }

    func response(_ description: String, _ schema: Value?, types: [String]) -> Value {
        var object: Object = ["description": .string(description)]
        if let schema {
            if self == .v2 {
                object["schema"] = schema
            } else {
                object["content"] = .object(Object(types.map { ($0, ["schema": schema]) }))
            }
        }
        return .object(object)
    }

    /// Adds a body to an operation.
    func setBody(_ schema: Value, types: [String], isRequired: Bool, on operation: inout Object) {
        if self == .v2 {
            var body: Object = ["name": "body", "in": "body", "schema": schema]
            if isRequired { body["required"] = true }
            operation["parameters"] = .array((operation["parameters"]?.array ?? []) + [.object(body)])
            operation["consumes"] = .array(types.map { .string($0) })
        } else {
            var body: Object = ["content": .object(Object(types.map { ($0, ["schema": schema]) }))]
            if isRequired { body["required"] = true }
            operation["requestBody"] = .object(body)
        }
    }
}
