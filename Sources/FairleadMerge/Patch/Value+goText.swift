import FairleadModel

extension Value {
    /// The value as Go's `%v` prints it: `map[image:x name:a]`, `[1 2]`.
    package var goText: String {
        var text = ""
        writeGoText(to: &text)
        return text
    }

    private func writeGoText(to text: inout String) {
        switch self {
        case .null: text += "<nil>"
        case .bool(let flag): text += flag ? "true" : "false"
        case .int(let number): text += String(number)
        case .double(let number): text += number.goJSON
        case .string(let string): text += string
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += " " }
                element.writeGoText(to: &text)
            }
            text += "]"
        case .object(let object):
            text += "map["
            for (index, member) in object.members.enumerated() {
                if index > 0 { text += " " }
                text += member.key
                text += ":"
                member.value.writeGoText(to: &text)
            }
            text += "]"
        }
    }

    /// The value as Go's `%#v` prints it.
    var goSyntax: String {
        var text = ""
        writeGoSyntax(to: &text)
        return text
    }

    private func writeGoSyntax(to text: inout String) {
        switch self {
        case .null: text += "interface {}(nil)"
        case .string(let string): text += string.goQuoted
        case .array(let elements):
            text += "[]interface {}{"
            for (index, element) in elements.enumerated() {
                if index > 0 { text += ", " }
                element.writeGoSyntax(to: &text)
            }
            text += "}"
        case .object(let object):
            text += "map[string]interface {}{"
            for (index, member) in object.members.enumerated() {
                if index > 0 { text += ", " }
                text += member.key.goQuoted
                text += ":"
                member.value.writeGoSyntax(to: &text)
            }
            text += "}"
        default: text += jsonText
        }
    }

    /// The name of Go's kind for a decoded JSON value.
    var goKind: String {
        switch self {
        case .null: "invalid"
        case .bool: "bool"
        case .int: "int64"
        case .double: "float64"
        case .string: "string"
        case .array: "slice"
        case .object: "map"
        }
    }
}
