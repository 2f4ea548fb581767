import FairleadModel

/// An object that a mutation makes: a part of the object that is admitted, or a step of a JSON patch.
///
/// Reference: k8s.io/apiserver `pkg/cel/mutation`.
struct RuleMessage: Sendable {
    struct Field: Sendable {
        let name: String
        let value: RuleValue
    }

    let type: String
    let fields: [Field]

    static let patch = "JSONPatch"
    static let object = "Object"
    static let patchFields: [String: RuleType] = [
        "op": .string, "path": .string, "from": .string, "value": .dyn,
    ]

    static func isObject(_ type: String) -> Bool { type == object || type.hasPrefix(object + ".") }

    /// A key as a step of a JSON pointer.
    static func escapedKey(_ key: String) -> String {
        key.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    /// What is wrong if the types of parts are not named after the fields that they are in; nil if they are.
    static func misnamed(_ value: RuleValue, at path: String) -> String? {
        switch value {
        case .message(let message):
            if message.type != path {
                return "unexpected type name \(message.type.goQuoted), expected \(path.goQuoted), "
                    + "which matches field name path from root Object type"
            }
            for field in message.fields {
                if let found = misnamed(field.value, at: path + "." + field.name) { return found }
            }
        case .list(let elements):
            for element in elements { if let found = misnamed(element, at: path) { return found } }
        default: break
        }
        return nil
    }
}

extension RuleValue {
    /// The value as JSON; nil for what has no form in it.
    var json: Value? {
        switch self {
        case .plain(let value): return value
        case .uint(let number): return Int64(exactly: number).map { .int($0) } ?? .double(Double(number))
        case .bytes(let bytes): return .string(Base64.encode(bytes[...]))
        case .timestamp(let time): return .string(time.rfc3339)
        case .duration(let nanoseconds): return .string(RuleTime.text(of: nanoseconds))
        case .list(let elements):
            var list: [Value] = []
            for element in elements {
                guard let value = element.json else { return nil }
                list.append(value)
            }
            return .array(list)
        case .map(let pairs):
            var object = Object()
            for pair in pairs {
                guard case .plain(.string(let key)) = pair.key, let value = pair.value.json else { return nil }
                object[key] = value
            }
            return .object(object)
        case .message(let message):
            var object = Object()
            for field in message.fields {
                guard let value = field.value.json else { return nil }
                object[field.name] = value
            }
            return .object(object)
        case .optional(let inner): return inner?.json ?? .null
        case .quantity(let quantity): return .string(quantity.description)
        default: return nil
        }
    }
}
