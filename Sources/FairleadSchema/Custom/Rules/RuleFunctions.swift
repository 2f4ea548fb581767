import FairleadModel

/// The functions that rules may call.
enum RuleFunctions {
    static let functions: Set<String> = [
        "size", "string", "int", "double", "type", "dyn", "matches", "sets.contains", "sets.equivalent",
        "sets.intersects",
    ]
    static let methods: Set<String> = [
        "size", "matches", "startsWith", "endsWith", "contains", "lowerAscii", "upperAscii", "trim", "split", "join",
        "replace", "substring", "indexOf", "charAt", "isSorted", "sum", "min", "max",
    ]
    static let typeNames: [String: Value] = [
        "int": "type int", "string": "type string", "bool": "type bool", "double": "type double", "list": "type list",
        "map": "type map", "null_type": "type null_type",
    ]

    static func call(_ name: String, _ all: [Value]) throws(RuleError) -> Value {
        guard let first = all.first else { throw .noOverload }
        let second = all.count > 1 ? all[1] : nil
        switch (name, first, second) {
        case ("size", .string(let text), nil): return .int(Int64(text.unicodeScalars.count))
        case ("size", .array(let list), nil): return .int(Int64(list.count))
        case ("size", .object(let object), nil): return .int(Int64(object.count))
        case ("dyn", _, nil): return first
        case ("type", _, nil): return .string("type " + typeName(first))
        case ("string", _, nil), ("int", _, nil), ("double", _, nil): return try converted(first, to: name)
        case ("isSorted", .array(let list), nil):
            for (left, right) in zip(list, list.dropFirst()) where try compare(left, right) > 0 { return false }
            return true
        case ("sum", .array(let list), nil):
            var total: Value = 0
            for element in list { total = try arithmetic("+", total, element) }
            return total
        case ("min", .array(let list), nil), ("max", .array(let list), nil):
            guard var best = list.first else { throw RuleError("\(name) called on empty list") }
            for element in list {
                let order = try compare(element, best)
                if name == "min" ? order < 0 : order > 0 { best = element }
            }
            return best
        case ("indexOf", .array(let list), let wanted?):
            return .int(Int64(list.firstIndex { equal($0, wanted) } ?? -1))
        case ("sets.contains", .array(let list), .array(let wanted)?): return .bool(includes(list, wanted))
        case ("sets.equivalent", .array(let list), .array(let other)?):
            return .bool(includes(list, other) && includes(other, list))
        case ("sets.intersects", .array(let list), .array(let other)?):
            return .bool(list.contains { element in other.contains { equal(element, $0) } })
        case ("join", .array(let list), _):
            return .string(list.compactMap(\.string).joined(separator: second?.string ?? ""))
        case (_, .string(let text), _): return try onText(name, text, Array(all.dropFirst()))
        default: throw .noOverload
        }
    }

    /// Whether every wanted element is in the list.
    private static func includes(_ list: [Value], _ wanted: [Value]) -> Bool {
        wanted.allSatisfy { element in list.contains { equal(element, $0) } }
    }

    private static func onText(_ name: String, _ text: String, _ rest: [Value]) throws(RuleError) -> Value {
        let other = rest.first?.string
        let scalars = Array(text.unicodeScalars)
        switch (name, other) {
        case ("matches", let pattern?):
            guard let pattern = try? Pattern(pattern) else { throw RuleError("invalid regular expression") }
            return .bool(pattern.matches(text))
        case ("startsWith", let other?): return .bool(scalars.starts(with: other.unicodeScalars))
        case ("endsWith", let other?):
            return .bool(scalars.reversed().starts(with: other.unicodeScalars.reversed()))
        case ("contains", let other?): return .bool(index(of: Array(other.unicodeScalars), in: scalars) != nil)
        case ("indexOf", let other?):
            return .int(Int64(index(of: Array(other.unicodeScalars), in: scalars) ?? -1))
        case ("lowerAscii", nil): return .string(String(text.map { $0.isASCII ? Character($0.lowercased()) : $0 }))
        case ("upperAscii", nil): return .string(String(text.map { $0.isASCII ? Character($0.uppercased()) : $0 }))
        case ("trim", nil):
            let start = scalars.firstIndex { !$0.properties.isWhitespace } ?? scalars.count
            let end = scalars.lastIndex { !$0.properties.isWhitespace } ?? start - 1
            return .string(start > end ? "" : string(scalars[start...end]))
        case ("split", let other?):
            if other.isEmpty { return .array(scalars.map { .string(String(Character($0))) }) }
            return .array(text.split(separator: other, omittingEmptySubsequences: false).map { .string(String($0)) })
        case ("replace", let other?):
            guard rest.count == 2, let with = rest[1].string else { throw .noOverload }
            return .string(text.replacing(other, with: with))
        case ("substring", nil), ("charAt", nil):
            guard let from = rest.first?.int else { throw .noOverload }
            let end =
                name == "charAt"
                ? from + (from == Int64(scalars.count) ? 0 : 1)
                : rest.count > 1 ? rest[1].int ?? -1 : Int64(scalars.count)
            guard from >= 0, end >= from, end <= Int64(scalars.count) else {
                throw RuleError("index out of range: \(from)")
            }
            return .string(string(scalars[Int(from)..<Int(end)]))
        default: throw .noOverload
        }
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func index(of part: [Unicode.Scalar], in whole: [Unicode.Scalar]) -> Int? {
        guard part.count <= whole.count else { return nil }
        return (0...(whole.count - part.count)).first { whole[$0...].starts(with: part) }
    }

    static func typeName(_ value: Value) -> String {
        switch value {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .double: "double"
        case .string: "string"
        case .array: "list"
        case .object: "map"
        }
    }

    private static func converted(_ value: Value, to type: String) throws(RuleError) -> Value {
        switch (type, value) {
        case ("string", .string), ("int", .int), ("double", .double): return value
        case ("string", .int(let number)): return .string(String(number))
        case ("string", .double(let number)): return .string(number.goJSON)
        case ("string", .bool(let flag)): return .string(String(flag))
        case ("int", .double(let number)):
            guard let whole = Int64(exactly: number.rounded(.towardZero)) else { throw RuleError("integer overflow") }
            return .int(whole)
        case ("int", .string(let text)):
            guard let number = Int64(text) else { throw RuleError("type conversion error from 'string' to 'int'") }
            return .int(number)
        case ("double", .int(let number)): return .double(Double(number))
        case ("double", .string(let text)):
            guard let number = Double(text) else { throw RuleError("type conversion error from 'string' to 'double'") }
            return .double(number)
        default: throw .noOverload
        }
    }

    // MARK: Operators

    static func equal(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.int(let number), .double(let other)), (.double(let other), .int(let number)):
            return Double(number) == other
        case (.array(let list), .array(let other)):
            return list.count == other.count && zip(list, other).allSatisfy { equal($0, $1) }
        case (.object(let object), .object(let other)):
            return object.count == other.count
                && object.members.allSatisfy { member in other[member.key].map { equal(member.value, $0) } ?? false }
        default: return left == right
        }
    }

    /// Negative, zero or positive.
    static func compare(_ left: Value, _ right: Value) throws(RuleError) -> Int {
        switch (left, right) {
        case (.int(let left), .int(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.string(let left), .string(let right)):
            if left.unicodeScalars.elementsEqual(right.unicodeScalars) { return 0 }
            return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -1 : 1
        case (.bool(let left), .bool(let right)): return left == right ? 0 : right ? -1 : 1
        default:
            guard let left = left.double, let right = right.double else { throw .noOverload }
            return left < right ? -1 : left == right ? 0 : 1
        }
    }

    static func arithmetic(_ sign: String, _ left: Value, _ right: Value) throws(RuleError) -> Value {
        switch (sign, left, right) {
        case ("+", .string(let left), .string(let right)): return .string(left + right)
        case ("+", .array(let left), .array(let right)): return .array(left + right)
        case (_, .int(let left), .int(let right)):
            if right == 0, sign == "/" || sign == "%" {
                throw RuleError(sign == "/" ? "division by zero" : "modulus by zero")
            }
            let result =
                switch sign {
                case "+": left.addingReportingOverflow(right)
                case "-": left.subtractingReportingOverflow(right)
                case "*": left.multipliedReportingOverflow(by: right)
                case "/": left.dividedReportingOverflow(by: right)
                default: left.remainderReportingOverflow(dividingBy: right)
                }
            if result.overflow { throw RuleError("integer overflow") }
            return .int(result.partialValue)
        case (_, .double(let left), .double(let right)) where sign != "%":
            switch sign {
            case "+": return .double(left + right)
            case "-": return .double(left - right)
            case "*": return .double(left * right)
            default: return .double(left / right)
            }
        default: throw .noOverload
        }
    }
}
