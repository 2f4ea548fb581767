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

    static func call(_ name: String, _ all: [Value], _ cost: inout RuleCost) throws(RuleError) -> Value {
        guard let first = all.first else { throw .noOverload }
        let second = all.count > 1 ? all[1] : nil
        switch (name, first, second) {
        case ("size", .string(let text), nil):
            // Kubernetes charges one unit; but counting characters takes time in proportion to the length.
            try cost.charge(text.utf8.count / 100)
            return .int(Int64(text.unicodeScalars.count))
        case ("size", .array(let list), nil): return .int(Int64(list.count))
        case ("size", .object(let object), nil): return .int(Int64(object.count))
        case ("dyn", _, nil): return first
        case ("type", _, nil): return .string("type " + typeName(first))
        case ("string", _, nil), ("int", _, nil), ("double", _, nil): return try converted(first, to: name, &cost)
        case (_, .array(let list), _): return try onList(name, list, second, &cost)
        case (_, .string(let text), _): return try onText(name, text, Array(all.dropFirst()), &cost)
        default: throw .noOverload
        }
    }

    private static func onList(
        _ name: String, _ list: [Value], _ second: Value?, _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        try cost.charge(list.count)
        switch (name, second) {
        case ("isSorted", nil):
            for (left, right) in zip(list, list.dropFirst()) where try compare(left, right, &cost) > 0 { return false }
            return true
        case ("sum", nil):
            var total: Value = 0
            for element in list { total = try arithmetic(.plus, total, element, &cost) }
            return total
        case ("min", nil), ("max", nil):
            guard var best = list.first else { throw RuleError("\(name) called on empty list") }
            for element in list {
                let order = try compare(element, best, &cost)
                if name == "min" ? order < 0 : order > 0 { best = element }
            }
            return best
        case ("indexOf", let wanted?):
            var steps = cost.steps
            let index = list.firstIndex { steps.isExhausted || equal($0, wanted, &steps) }
            try cost.charge(steps)
            return .int(Int64(index ?? -1))
        case ("sets.contains", .array(let wanted)?): return .bool(try includes(list, wanted, &cost))
        case ("sets.equivalent", .array(let other)?):
            guard try includes(list, other, &cost) else { return false }
            return .bool(try includes(other, list, &cost))
        case ("sets.intersects", .array(let other)?):
            for element in list where try includes(other, [element], &cost) { return true }
            return false
        case ("join", _):
            let parts = list.compactMap(\.string)
            let separator = second?.string ?? ""
            var bytes = 0
            for part in parts {
                bytes += part.utf8.count + separator.utf8.count
                // Checked before the sum can overflow, and before anything is built.
                if bytes / 10 > cost.remaining { throw .tooExpensive }
            }
            try cost.charge(bytes: bytes)
            return .string(parts.joined(separator: separator))
        default: throw .noOverload
        }
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

    private static func converted(
        _ value: Value, to type: String, _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        switch (type, value) {
        case ("string", .string), ("int", .int), ("double", .double): return value
        case ("string", .int(let number)): return .string(String(number))
        case ("string", .double(let number)): return .string(number.goJSON)
        case ("string", .bool(let flag)): return .string(String(flag))
        case ("int", .double(let number)):
            guard let whole = Int64(exactly: number.rounded(.towardZero)) else { throw RuleError("integer overflow") }
            return .int(whole)
        case ("int", .string(let text)):
            try cost.charge(bytes: text.utf8.count)
            guard let number = Int64(text) else { throw RuleError("type conversion error from 'string' to 'int'") }
            return .int(number)
        case ("double", .int(let number)): return .double(Double(number))
        case ("double", .string(let text)):
            try cost.charge(bytes: text.utf8.count)
            guard let number = Double(text) else { throw RuleError("type conversion error from 'string' to 'double'") }
            return .double(number)
        default: throw .noOverload
        }
    }
}
