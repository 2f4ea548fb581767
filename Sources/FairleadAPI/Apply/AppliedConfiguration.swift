import FairleadModel
import FairleadSchema

/// Checks an applied configuration against the schema: every field declared, every value of its type, every element of
/// a keyed list with its keys and none twice.
struct AppliedConfiguration {
    let types: TypeRegistry
    private var errors: [String] = []

    private init(types: TypeRegistry) { self.types = types }

    /// - Returns: the errors as Kubernetes joins them, nil if there are none.
    static func complaint(about value: Value, _ type: TypeSchema, _ types: TypeRegistry) -> String? {
        var check = AppliedConfiguration(types: types)
        check.check(value, MergeType(.object(type)), at: "")
        switch check.errors.count {
        case 0: return nil
        case 1: return check.errors[0]
        default: return "errors:\n" + check.errors.map { "  " + $0 }.joined(separator: "\n")
        }
    }

    private mutating func report(_ path: String, _ what: String) {
        errors.append(path.isEmpty ? what : path + ": " + what)
    }

    private mutating func check(_ value: Value, _ type: MergeType, at path: String) {
        if value.isNull { return }
        switch type.shape {
        case .object(let schema): checkObject(value, schema, at: path)
        case .recursive(let name): if let schema = types.type(named: name) { checkObject(value, schema, at: path) }
        case .map(let element):
            guard case .object(let object) = value else { return expected("map", value, at: path) }
            for member in object.members { check(member.value, MergeType(element), at: path + "." + member.key) }
        case .list(let element):
            guard case .array(let list) = value else { return expected("list", value, at: path) }
            checkList(list, type, element, at: path)
        case .any: break
        default: checkScalar(value, type.shape, at: path)
        }
    }

    private mutating func checkObject(_ value: Value, _ schema: TypeSchema, at path: String) {
        guard case .object(let object) = value else { return expected("map", value, at: path) }
        for member in object.members {
            guard let field = schema.field(member.key) else {
                if schema.custom?.keepsUnknownFields == true { continue }
                report(path + "." + member.key, "field not declared in schema")
                return
            }
            check(member.value, MergeType(field), at: path + "." + member.key)
        }
    }

    private mutating func checkList(_ list: [Value], _ type: MergeType, _ element: Shape, at path: String) {
        let form = type.form(types)
        var seen: Set<PathElement> = []
        for (index, value) in list.enumerated() {
            var name = PathElement.index(index)
            switch form {
            case .keyedList(let inner, let keys):
                if let why = keyProblem(value, inner, keys) { return report(path, "element \(index): \(why)") }
                name = inner.key(of: value, keys, types) ?? name
            case .set:
                if value.object != nil || value.array != nil || value.isNull {
                    let what = value.isNull ? "an explicit null" : value.array == nil ? "a map type" : "a list type"
                    return report(path, "element \(index): associative list without keys has an element that's \(what)")
                }
                name = .value(value)
            default: break
            }
            if case .index = name {
            } else if !seen.insert(name).inserted {
                report(path, "duplicate entries for key \(name)")
            }
            check(value, MergeType(element), at: path + name.description)
        }
    }

    private func keyProblem(_ value: Value, _ type: MergeType, _ keys: [String]) -> String? {
        if value.isNull { return "associative list with keys may not have a null element" }
        guard case .object(let object) = value else {
            return "associative list with keys may not have non-map elements"
        }
        let schema = types.objectType(of: type.shape)
        let missing = keys.first { object[$0] == nil && schema?.field($0)?.defaultValue == nil }
        return missing.map {
            "associative list with keys has an element that omits key field \($0.goQuoted) (and doesn't have default value)"
        }
    }

    private mutating func checkScalar(_ value: Value, _ shape: Shape, at path: String) {
        switch shape {
        case .string, .bytes:
            if value.string == nil {
                report(path, "expected string, got &value.valueUnstructured{Value:\(Self.goSyntax(value))}")
            }
        case .bool: if value.bool == nil { report(path, "expected boolean, got &{\(Self.goText(value))}") }
        case .int32, .int64, .double:
            if value.double == nil { report(path, "expected numeric (int or float), got \(Self.goType(value))") }
        default:
            if value.object != nil || value.array != nil {
                report(path, "expected scalar, got &{\(Self.goText(value))}")
            }
        }
    }

    private mutating func expected(_ what: String, _ value: Value, at path: String) {
        report(path, "expected \(what), got &{\(Self.goText(value))}")
    }

    /// `%v`.
    private static func goText(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .string(let text): text
        case .array(let list): "[" + list.map(goText).joined(separator: " ") + "]"
        case .object(let object):
            "map[" + object.members.map { $0.key + ":" + goText($0.value) }.joined(separator: " ") + "]"
        default: value.jsonText
        }
    }

    /// `%#v`.
    private static func goSyntax(_ value: Value) -> String {
        switch value {
        case .null: "interface {}(nil)"
        case .string(let text): text.goQuoted
        case .array(let list): "[]interface {}{" + list.map(goSyntax).joined(separator: ", ") + "}"
        case .object(let object):
            "map[string]interface {}{"
                + object.members.map { $0.key.goQuoted + ":" + goSyntax($0.value) }.joined(separator: ", ") + "}"
        default: value.jsonText
        }
    }

    private static func goType(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .int, .double: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
