package import FairleadModel

/// The protobuf form of an OpenAPI 2 document, which client-go asks for.
///
/// Reference: github.com/google/gnostic, `openapiv2/OpenAPIv2.proto`; the numbers below are its field numbers. Only
/// what `OpenAPIDocuments.v2` produces can be encoded.
package enum OpenAPIv2Protobuf {
    package static func encode(_ document: Value) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.string(1, document["swagger"]?.string ?? "")
        writer.message(2) { info in
            info.string(1, document.at("info", "title")?.string ?? "")
            info.string(2, document.at("info", "version")?.string ?? "")
        }
        writer.message(8) { paths in
            for (name, item) in document["paths"]?.object ?? Object() {
                paths.message(2) { named in
                    named.string(1, name)
                    named.message(2) { write(pathItem: item, to: &$0) }
                }
            }
        }
        writer.message(9) { definitions in
            for (name, schema) in document["definitions"]?.object ?? Object() {
                definitions.message(1) { named in
                    named.string(1, name)
                    named.message(2) { write(schema: schema, to: &$0) }
                }
            }
        }
        return writer.bytes
    }

    private static let methods: [(name: String, number: Int)] = [
        ("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("options", 6), ("head", 7), ("patch", 8),
    ]

    private static func write(pathItem item: Value, to writer: inout ProtobufWriter) {
        for method in methods {
            guard let operation = item[method.name] else { continue }
            writer.message(method.number) { write(operation: operation, to: &$0) }
        }
        for parameter in item["parameters"]?.array ?? [] {
            writer.message(9) { write(parameter: parameter, to: &$0) }
        }
    }

    private static func write(operation: Value, to writer: inout ProtobufWriter) {
        for tag in strings(operation["tags"]) { writer.string(1, tag) }
        if let description = operation["description"]?.string { writer.string(3, description) }
        writer.string(5, operation["operationId"]?.string ?? "")
        for type in strings(operation["produces"]) { writer.string(6, type) }
        for type in strings(operation["consumes"]) { writer.string(7, type) }
        for parameter in operation["parameters"]?.array ?? [] {
            writer.message(8) { write(parameter: parameter, to: &$0) }
        }
        writer.message(9) { responses in
            for (code, response) in operation["responses"]?.object ?? Object() {
                responses.message(1) { named in
                    named.string(1, code)
                    named.message(2) { value in
                        value.message(1) { write(response: response, to: &$0) }
                    }
                }
            }
        }
        for scheme in strings(operation["schemes"]) { writer.string(10, scheme) }
        writeExtensions(of: operation, number: 13, to: &writer)
    }

    private static func write(response: Value, to writer: inout ProtobufWriter) {
        writer.string(1, response["description"]?.string ?? "")
        guard let schema = response["schema"] else { return }
        writer.message(2) { item in item.message(1) { write(schema: schema, to: &$0) } }
    }

    /// A ParametersItem, which contains a Parameter, which contains a body, query or path parameter.
    private static func write(parameter: Value, to writer: inout ProtobufWriter) {
        writer.message(1) { outer in
            let place = parameter["in"]?.string ?? ""
            let isRequired = parameter["required"]?.bool ?? false
            if place == "body" {
                outer.message(1) { body in
                    body.string(2, parameter["name"]?.string ?? "")
                    body.string(3, place)
                    if isRequired { body.bool(4, true) }
                    if let schema = parameter["schema"] { body.message(5) { write(schema: schema, to: &$0) } }
                }
                return
            }
            outer.message(2) { other in
                other.message(place == "path" ? 4 : 3) { inner in
                    if isRequired { inner.bool(1, true) }
                    inner.string(2, place)
                    if let description = parameter["description"]?.string { inner.string(3, description) }
                    inner.string(4, parameter["name"]?.string ?? "")
                    inner.string(place == "path" ? 5 : 6, parameter["type"]?.string ?? "")
                }
            }
        }
    }

    private static func write(schema: Value, to writer: inout ProtobufWriter) {
        if let reference = schema["$ref"]?.string { writer.string(1, reference) }
        if let format = schema["format"]?.string { writer.string(2, format) }
        if let description = schema["description"]?.string { writer.string(4, description) }
        for name in strings(schema["required"]) { writer.string(19, name) }
        for value in schema["enum"]?.array ?? [] { writer.message(20) { $0.string(2, value.jsonText + "\n") } }
        if let element = schema["additionalProperties"] {
            writer.message(21) { item in item.message(1) { write(schema: element, to: &$0) } }
        }
        if let type = schema["type"]?.string { writer.message(22) { $0.string(1, type) } }
        if let element = schema["items"] {
            writer.message(23) { item in item.message(1) { write(schema: element, to: &$0) } }
        }
        if let properties = schema["properties"]?.object {
            writer.message(25) { all in
                for (name, property) in properties {
                    all.message(1) { named in
                        named.string(1, name)
                        named.message(2) { write(schema: property, to: &$0) }
                    }
                }
            }
        }
        writeExtensions(of: schema, number: 31, to: &writer)
    }

    /// Vendor extensions are stored as YAML text; JSON is valid YAML.
    private static func writeExtensions(of value: Value, number: Int, to writer: inout ProtobufWriter) {
        for (name, content) in value.object ?? Object() where name.hasPrefix("x-") {
            writer.message(number) { named in
                named.string(1, name)
                named.message(2) { $0.string(2, content.jsonText + "\n") }
            }
        }
    }

    private static func strings(_ value: Value?) -> [String] { value?.array?.compactMap(\.string) ?? [] }
}
