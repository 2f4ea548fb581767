package import FairleadModel

/// Kubernetes' internal form of some types, as far as it shows in error messages: Go's field names and order, zero
/// values written out, nil as null.
package enum InternalForm {
    /// A single line of JSON.
    package static func text(of value: Value, as type: String) -> String {
        var writer = Writer(indents: false)
        writer.write(value, as: type, depth: 0)
        return writer.text
    }

    /// Lines of JSON, indented by one space per level.
    package static func lines(of value: Value, as type: String) -> [Substring] {
        var writer = Writer(indents: true)
        writer.write(value, as: type, depth: 0)
        return writer.text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// A pod spec.
    package static func text(ofPodSpec spec: Value) -> String { text(of: internalPodSpec(spec), as: "PodSpec") }

    package static func lines(ofPodSpec spec: Value) -> [Substring] { lines(of: internalPodSpec(spec), as: "PodSpec") }

    /// In the internal form the host namespaces are part of the security context.
    private static func internalPodSpec(_ spec: Value) -> Value {
        var spec = spec
        var security = spec["securityContext"] ?? .object(Object())
        for name in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
            security[name] = spec[name]
        }
        spec["securityContext"] = security
        return spec
    }

    struct Field: Sendable {
        enum Kind: Sendable {
            case text, number, bool
            /// A pointer, list or map: written as it is, null if absent.
            case optional
            case structure(String), pointer(String), list(String)
        }
        var name: String
        var key: String
        var kind: Kind
    }

    static let types: [String: [Field]] = InternalFormTable.parse()

    private struct Writer {
        var indents: Bool
        var text = ""

        mutating func write(_ value: Value, as type: String, depth: Int) {
            guard let fields = InternalForm.types[type] else { return write(value, depth: depth) }
            open("{", depth: depth + 1)
            for (index, field) in fields.enumerated() {
                if index > 0 { separate(depth: depth + 1) }
                text += "\"\(field.name)\":" + (indents ? " " : "")
                write(value[field.key], field.kind, depth: depth + 1)
            }
            close("}", depth: depth)
        }

        private mutating func write(_ value: Value?, _ kind: Field.Kind, depth: Int) {
            switch kind {
            case .text: text += (value ?? "").jsonText
            case .number: text += (value ?? 0).jsonText
            case .bool: text += (value ?? false).jsonText
            case .optional: write(value ?? .null, depth: depth)
            case .structure(let type): write(value ?? .object(Object()), as: type, depth: depth)
            case .pointer(let type):
                if let value { write(value, as: type, depth: depth) } else { text += "null" }
            case .list(let type):
                guard case .array(let items)? = value else {
                    text += "null"
                    return
                }
                writeList(items, depth: depth) { writer, item in writer.write(item, as: type, depth: depth + 1) }
            }
        }

        private mutating func write(_ value: Value, depth: Int) {
            switch value {
            case .array(let items):
                writeList(items, depth: depth) { writer, item in writer.write(item, depth: depth + 1) }
            case .object(let object) where !object.isEmpty:
                open("{", depth: depth + 1)
                for (index, member) in object.members.enumerated() {
                    if index > 0 { separate(depth: depth + 1) }
                    text += Value.string(member.key).jsonText + ":" + (indents ? " " : "")
                    write(member.value, depth: depth + 1)
                }
                close("}", depth: depth)
            default: text += value.jsonText
            }
        }

        private mutating func writeList(_ items: [Value], depth: Int, _ element: (inout Writer, Value) -> Void) {
            if items.isEmpty {
                text += "[]"
                return
            }
            open("[", depth: depth + 1)
            for (index, item) in items.enumerated() {
                if index > 0 { separate(depth: depth + 1) }
                element(&self, item)
            }
            close("]", depth: depth)
        }

        private mutating func open(_ bracket: String, depth: Int) {
            text += bracket
            breakLine(depth)
        }
        private mutating func separate(depth: Int) {
            text += ","
            breakLine(depth)
        }
        private mutating func close(_ bracket: String, depth: Int) {
            breakLine(depth)
            text += bracket
        }
        private mutating func breakLine(_ depth: Int) {
            if indents { text += "\n" + String(repeating: " ", count: depth) }
        }
    }
}
