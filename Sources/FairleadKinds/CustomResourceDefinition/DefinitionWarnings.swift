import FairleadModel
import FairleadSchema

/// What is accepted in a definition but has no effect.
enum DefinitionWarnings {
    static func texts(for object: Value) -> [String] {
        var texts: [String] = []
        for version in object["spec"]?.items("versions") ?? [] {
            var formats: [String] = []
            visit(version.at("schema", "openAPIV3Schema") ?? .null) { schema in
                let format = schema.text("format")
                if !format.isEmpty, !StringFormat.isRecognized(format), !formats.contains(format) {
                    formats.append(format)
                }
            }
            texts += formats.sorted().map { "unrecognized format \($0.goQuoted)" }
        }
        return texts
    }

    /// Visits every schema within a schema.
    private static func visit(_ schema: Value, _ body: (Value) -> Void) {
        guard schema.object != nil else { return }
        body(schema)
        for member in schema.entries("properties") { visit(member.value, body) }
        for key in ["items", "additionalProperties", "not"] { if let child = schema[key] { visit(child, body) } }
        for key in ["allOf", "anyOf", "oneOf"] { for child in schema.items(key) { visit(child, body) } }
    }
}
