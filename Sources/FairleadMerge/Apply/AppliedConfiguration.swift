import FairleadModel
import FairleadSchema

/// Checks an applied configuration against the schema: every field is declared, every value has the right type, and
/// every element of a keyed list has its keys, none of them twice.
struct AppliedConfiguration {
    let types: TypeRegistry
    private var errors: [String] = []
    private var size = 0
    /// The current path of the check. It is only converted to text for errors that are reported.
    private var path: [PathElement] = []

    private init(types: TypeRegistry) { self.types = types }

    /// - Returns: the errors, joined as in Kubernetes; nil if there are none.
    static func complaint(about value: Value, _ type: TypeSchema, _ types: TypeRegistry) -> String? {
        var check = AppliedConfiguration(types: types)
        check.check(value, MergeType(.object(type)))
        switch check.errors.count {
        case 0: return nil
        case 1: return check.errors[0]
        default: return "errors:\n" + check.errors.map { "  " + $0 }.joined(separator: "\n")
        }
    }

    private var isFull: Bool { size > APIStatus.maximumErrorText }

    private mutating func report(_ what: @autoclosure () -> String) {
        if isFull { return }
        let text = path.isEmpty ? what() : path.map(\.description).joined() + ": " + what()
        size += text.utf8.count
        errors.append(text)
    }

    private mutating func check(_ value: Value, _ type: MergeType, below element: PathElement) {
        path.append(element)
        check(value, type)
        path.removeLast()
    }

    private mutating func check(_ value: Value, _ type: MergeType) {
        if value.isNull || isFull { return }
        switch type.shape {
        case .object(let schema): checkObject(value, schema)
        case .recursive(let name): if let schema = types.type(named: name) { checkObject(value, schema) }
        case .map(let element):
            guard case .object(let object) = value else { return expected("map", value) }
            for member in object.members { check(member.value, MergeType(element), below: .field(member.key)) }
        case .list(let element):
            guard case .array(let list) = value else { return expected("list", value) }
            checkList(list, type, element)
        case .any: break
        default: checkScalar(value, type.shape)
        }
    }

    private mutating func checkObject(_ value: Value, _ schema: TypeSchema) {
        guard case .object(let object) = value else { return expected("map", value) }
        for member in object.members {
            guard let field = schema.field(member.key) else {
                if schema.custom?.keepsUnknownFields == true { continue }
                path.append(.field(member.key))
                report("field not declared in schema")
                path.removeLast()
                return
            }
            check(member.value, MergeType(field), below: .field(member.key))
        }
    }

    private mutating func checkList(_ list: [Value], _ type: MergeType, _ element: Shape) {
        let form = type.form(types)
        var seen: Set<PathElement> = []
        for (index, value) in list.enumerated() {
            var name = PathElement.index(index)
            switch form {
            case .keyedList(let inner, let keys):
                if let why = keyProblem(value, inner, keys) { return report("element \(index): \(why)") }
                name = inner.key(of: value, keys, types) ?? name
            case .set:
                if value.object != nil || value.array != nil || value.isNull {
                    let what = value.isNull ? "an explicit null" : value.array == nil ? "a map type" : "a list type"
                    return report("element \(index): associative list without keys has an element that's \(what)")
                }
                name = .value(value)
            default: break
            }
            if case .index = name {
            } else if !seen.insert(name).inserted {
                report("duplicate entries for key \(name)")
            }
            check(value, MergeType(element), below: name)
        }
    }

    private func keyProblem(_ value: Value, _ type: MergeType, _ keys: [String]) -> String? {
        if value.isNull { return "associative list with keys may not have a null element" }
        guard case .object(let object) = value else {
            return "associative list with keys may not have non-map elements"
        }
        let schema = types.objectType(of: type.shape)
        if keys.contains(where: { object[$0] != nil || schema?.field($0)?.defaultValue != nil }) { return nil }
        let names = keys.map(\.goQuoted).joined(separator: " ")
        return
            "associative list with keys has an element that omits all key fields [\(names)] (and doesn't have default values for any key fields)"
    }

    private mutating func checkScalar(_ value: Value, _ shape: Shape) {
        switch shape {
        case .string, .bytes:
            if value.string == nil {
                report("expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}")
            }
        case .bool: if value.bool == nil { report("expected boolean, got &{\(value.goText)}") }
        case .int32, .int64, .double:
            if value.double == nil { report("expected numeric (int or float), got \(Self.goType(value))") }
        default:
            if value.object != nil || value.array != nil {
                report("expected scalar, got &{\(value.goText)}")
            }
        }
    }

    private mutating func expected(_ what: String, _ value: Value) {
        report("expected \(what), got &{\(value.goText)}")
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
