import FairleadModel

/// The functions that rules may call.
enum RuleFunctions {
    static let typeNames: [String: String] = [
        "bool": "bool", "int": "int", "uint": "uint", "string": "string", "bytes": "bytes", "double": "double",
        "list": "list", "map": "map", "null_type": "null_type", "type": "type",
    ]

    static func call(_ name: String, _ all: [RuleValue], _ cost: inout RuleCost) throws(RuleError) -> RuleValue {
        guard let first = all.first else {
            if name == "optional.none" { return .optional(nil) }
            if name.hasPrefix("format."), let format = RuleFormat(rawValue: String(name.dropFirst(7))) {
                return .format(format)
            }
            throw .noOverload
        }
        switch (name, first) {
        case ("size", _): return .int(try size(first, &cost))
        case ("dyn", _): return first
        case ("type", _): return .type(first.typeName)
        case ("bool", _), ("int", _), ("uint", _), ("double", _), ("string", _), ("bytes", _), ("timestamp", _),
            ("duration", _):
            return try converted(first, to: name, &cost)
        case ("jsonpatch.escapeKey", .plain(.string(let text))):
            try cost.work(bytes: text.utf8.count)
            return .text(RuleMessage.escapedKey(text))
        case ("optional.of", _): return .optional(first)
        case ("optional.ofNonZeroValue", _): return .optional(first.isZero ? nil : first)
        case ("hasValue", .optional(let inner)): return .bool(inner != nil)
        case ("value", .optional(let inner)):
            guard let inner else { throw RuleError("optional.none() dereference") }
            return inner
        case (_, .plain(.array)), (_, .list): return try onList(name, first, Array(all.dropFirst()), &cost)
        case (_, .plain(.string(let text))): return try onAnyText(name, text, Array(all.dropFirst()), &cost)
        case ("lists.range", .plain(.int(let number))):
            guard number > 0 else { return .plain(.array([])) }
            try cost.work(Int(clamping: number))
            return .plain(.array((0..<number).map { .int($0) }))
        case (_, .access(let access)): return try access.call(name, Array(all.dropFirst()), &cost)
        case (_, .decision(let decision)): return try decision.call(name)
        case (_, .timestamp), (_, .duration): return try onTime(name, first, all.dropFirst().first)
        default: return try onLibraryValue(name, first, all.dropFirst().first)
        }
    }

    private static func size(_ value: RuleValue, _ cost: inout RuleCost) throws(RuleError) -> Int64 {
        switch value {
        case .plain(.string(let text)):
            // A unit in Kubernetes; counting characters takes longer the more there are.
            try cost.work(text.utf8.count / 100)
            return Int64(text.unicodeScalars.count)
        case .plain(.object(let object)): return Int64(object.count)
        case .map(let pairs): return Int64(pairs.count)
        case .bytes(let bytes): return Int64(bytes.count)
        default:
            guard let count = value.count else { throw .noOverload }
            return Int64(count)
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

    /// A key or an index in a message.
    static func shown(_ value: RuleValue) -> String {
        switch value {
        case .plain(.string(let text)): text
        case .plain(let value): value.jsonText
        case .uint(let number): String(number)
        default: value.typeName
        }
    }

    // MARK: Times

    private static func onTime(_ name: String, _ value: RuleValue, _ zone: RuleValue?) throws(RuleError) -> RuleValue {
        switch value {
        case .duration(let nanoseconds):
            if zone == nil, let part = RuleTime.part(name, of: nanoseconds) { return .int(part) }
        case .timestamp(let time):
            var offset: Int64 = 0
            if let zone {
                guard case .plain(.string(let text)) = zone else { throw .noOverload }
                guard let known = RuleTime.offset(of: text, at: time) else {
                    throw RuleError("unknown time zone \(text)")
                }
                offset = known
            }
            if let part = RuleTime.part(name, of: time, offset: offset) { return .int(part) }
        default: break
        }
        throw .noOverload
    }

    // MARK: Values of libraries

    private static func onLibraryValue(
        _ name: String, _ value: RuleValue, _ second: RuleValue?
    ) throws(RuleError) -> RuleValue {
        switch value {
        case .quantity(let quantity): return try quantity.call(name, second)
        case .ip(let address): return try address.call(name)
        case .cidr(let range): return try range.call(name, second)
        case .url(let url): return try url.call(name)
        case .semver(let version): return try version.call(name, second)
        case .format(let format):
            guard name == "validate", case .plain(.string(let text))? = second else { throw .noOverload }
            let problems = format.problems(of: text)
            return .optional(problems.isEmpty ? nil : .plain(.array(problems.map { .string($0) })))
        default: throw .noOverload
        }
    }
}

extension Quantity {
    fileprivate func call(_ name: String, _ second: RuleValue?) throws(RuleError) -> RuleValue {
        switch (name, second) {
        case ("sign", nil): return .int(isZero ? 0 : isNegative ? -1 : 1)
        case ("isInteger", nil): return .bool(wholeNumber != nil)
        case ("asInteger", nil):
            guard let number = wholeNumber else { throw RuleError("cannot convert value to integer") }
            return .int(number)
        case ("asApproximateFloat", nil): return .plain(.double(approximate))
        case ("add", .quantity(let other)?): return .quantity(self + other)
        case ("sub", .quantity(let other)?): return .quantity(self - other)
        case ("add", .plain(.int(let other))?): return .quantity(self + Quantity(other))
        case ("sub", .plain(.int(let other))?): return .quantity(self - Quantity(other))
        case ("isLessThan", .quantity(let other)?): return .bool(self < other)
        case ("isGreaterThan", .quantity(let other)?): return .bool(other < self)
        case ("compareTo", .quantity(let other)?): return .int(self < other ? -1 : other < self ? 1 : 0)
        default: throw .noOverload
        }
    }

    private var wholeNumber: Int64? {
        guard isWhole, Quantity(value) == self else { return nil }
        return value
    }
}
