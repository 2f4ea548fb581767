package import FairleadModel

/// The protobuf form of an OpenAPI 3 document, which client-go can ask for.
///
/// Reference: github.com/google/gnostic-models, `openapiv3/OpenAPIv3.proto`; the numbers below are its field numbers.
/// Only what `OpenAPIDocuments.v3` and definitions of custom kinds contain is written.
package enum OpenAPIv3Protobuf {
    package static func encode(_ document: Value) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.string(1, document["openapi"]?.string ?? "")
        writer.message(2) { info in
            info.string(1, document.at("info", "title")?.string ?? "")
            info.string(6, document.at("info", "version")?.string ?? "")
        }
        writer.message(4) { paths in
            named(document["paths"], 1, to: &paths) { write(pathItem: $0, to: &$1) }
        }
        writer.message(5) { components in
            components.message(1) { schemas in
                named(document.at("components", "schemas"), 1, to: &schemas) { write(schemaOrReference: $0, to: &$1) }
            }
        }
        return writer.bytes
    }

    /// The members of an object, each as a message with its name and value.
    private static func named(
        _ value: Value?, _ number: Int, to writer: inout ProtobufWriter,
        _ content: (Value, inout ProtobufWriter) -> Void
    ) {
        for (name, member) in value?.object ?? Object() {
            writer.message(number) { entry in
                entry.string(1, name)
                entry.message(2) { content(member, &$0) }
            }
        }
    }

    private static let methods: [(name: String, number: Int)] = [
        ("get", 4), ("put", 5), ("post", 6), ("delete", 7), ("options", 8), ("head", 9), ("patch", 10),
    ]

    private static func write(pathItem item: Value, to writer: inout ProtobufWriter) {
        for method in methods {
            guard let operation = item[method.name] else { continue }
            writer.message(method.number) { write(operation: operation, to: &$0) }
        }
        for parameter in item["parameters"]?.array ?? [] {
            writer.message(13) { either in either.message(1) { write(parameter: parameter, to: &$0) } }
        }
        writeExtensions(of: item, number: 14, to: &writer)
    }

    private static func write(operation: Value, to writer: inout ProtobufWriter) {
        for tag in strings(operation["tags"]) { writer.string(1, tag) }
        if let description = operation["description"]?.string { writer.string(3, description) }
        if let identifier = operation["operationId"]?.string { writer.string(5, identifier) }
        for parameter in operation["parameters"]?.array ?? [] {
            writer.message(6) { either in either.message(1) { write(parameter: parameter, to: &$0) } }
        }
        if let body = operation["requestBody"] {
            writer.message(7) { either in
                either.message(1) { inner in
                    if let description = body["description"]?.string { inner.string(1, description) }
                    write(content: body["content"], number: 2, to: &inner)
                    if body["required"]?.bool == true { inner.bool(3, true) }
                }
            }
        }
        writer.message(8) { responses in
            named(operation["responses"], 2, to: &responses) { response, either in
                either.message(1) { inner in
                    inner.string(1, response["description"]?.string ?? "")
                    write(content: response["content"], number: 3, to: &inner)
                }
            }
        }
        writeExtensions(of: operation, number: 13, to: &writer)
    }

    private static func write(content: Value?, number: Int, to writer: inout ProtobufWriter) {
        guard let content else { return }
        writer.message(number) { types in
            named(content, 1, to: &types) { type, media in
                guard let schema = type["schema"] else { return }
                media.message(1) { write(schemaOrReference: schema, to: &$0) }
            }
        }
    }

    private static func write(parameter: Value, to writer: inout ProtobufWriter) {
        writer.string(1, parameter["name"]?.string ?? "")
        writer.string(2, parameter["in"]?.string ?? "")
        if let description = parameter["description"]?.string { writer.string(3, description) }
        if parameter["required"]?.bool == true { writer.bool(4, true) }
        if let schema = parameter["schema"] { writer.message(10) { write(schemaOrReference: schema, to: &$0) } }
    }

    // MARK: Schemas

    private static func write(schemaOrReference schema: Value, to writer: inout ProtobufWriter) {
        if let reference = schema["$ref"]?.string {
            writer.message(2) { $0.string(1, reference) }
        } else {
            writer.message(1) { write(schema: schema, to: &$0) }
        }
    }

    private static let texts: [(name: String, number: Int)] = [
        ("title", 9), ("pattern", 17), ("type", 25), ("description", 34), ("format", 35),
    ]
    private static let flags: [(name: String, number: Int)] = [
        ("nullable", 1), ("readOnly", 3), ("writeOnly", 4), ("exclusiveMaximum", 12), ("exclusiveMinimum", 14),
        ("uniqueItems", 20),
    ]
    private static let numbers: [(name: String, number: Int)] = [("multipleOf", 10), ("maximum", 11), ("minimum", 13)]
    private static let counts: [(name: String, number: Int)] = [
        ("maxLength", 15), ("minLength", 16), ("maxItems", 18), ("minItems", 19), ("maxProperties", 21),
        ("minProperties", 22),
    ]
    private static let alternatives: [(name: String, number: Int)] = [("allOf", 26), ("oneOf", 27), ("anyOf", 28)]

    private static func write(schema: Value, to writer: inout ProtobufWriter) {
        for (name, number) in texts { if let text = schema[name]?.string { writer.string(number, text) } }
        for (name, number) in flags where schema[name]?.bool == true { writer.bool(number, true) }
        for (name, number) in numbers { if let value = schema[name]?.double { writer.double(number, value) } }
        for (name, number) in counts { if let count = schema[name]?.int { writer.integer(number, count) } }
        if let example = schema["example"] { writer.message(7) { $0.string(2, example.jsonText + "\n") } }
        for name in strings(schema["required"]) { writer.string(23, name) }
        for value in schema["enum"]?.array ?? [] { writer.message(24) { $0.string(2, value.jsonText + "\n") } }
        for (name, number) in alternatives {
            for child in schema[name]?.array ?? [] {
                writer.message(number) { write(schemaOrReference: child, to: &$0) }
            }
        }
        if let not = schema["not"], not.object != nil { writer.message(29) { write(schema: not, to: &$0) } }
        if let element = schema["items"], element.object != nil {
            writer.message(30) { items in items.message(1) { write(schemaOrReference: element, to: &$0) } }
        }
        if let properties = schema["properties"] {
            writer.message(31) { all in
                named(properties, 1, to: &all) { write(schemaOrReference: $0, to: &$1) }
            }
        }
        switch schema["additionalProperties"] {
        case .bool(let isAllowed)?: writer.message(32) { $0.bool(2, isAllowed) }
        case let element?:
            writer.message(32) { item in item.message(1) { write(schemaOrReference: element, to: &$0) } }
        case nil: break
        }
        if let standard = schema["default"] { write(standard: standard, to: &writer) }
        writeExtensions(of: schema, number: 36, to: &writer)
    }

    /// A default is a number, a boolean or a string; others have no field.
    private static func write(standard: Value, to writer: inout ProtobufWriter) {
        switch standard {
        case .bool(let flag): writer.message(33) { $0.bool(2, flag) }
        case .string(let text): writer.message(33) { $0.string(3, text) }
        default: if let number = standard.double { writer.message(33) { $0.double(1, number) } }
        }
    }

    /// Vendor extensions are stored as YAML text; JSON is valid YAML.
    private static func writeExtensions(of value: Value, number: Int, to writer: inout ProtobufWriter) {
        for (name, content) in value.object ?? Object() where name.hasPrefix("x-") {
            writer.message(number) { entry in
                entry.string(1, name)
                entry.message(2) { $0.string(2, content.jsonText + "\n") }
            }
        }
    }

    private static func strings(_ value: Value?) -> [String] { value?.array?.compactMap(\.string) ?? [] }
}
