import FairleadModel

/// Values of one type made into another.
extension RuleFunctions {
    static func converted(_ value: RuleValue, to name: String, _ cost: inout RuleCost) throws(RuleError) -> RuleValue {
        if case .plain(.string(let text)) = value { try cost.work(bytes: text.utf8.count) }
        if case .bytes(let bytes) = value { try cost.work(bytes: bytes.count) }
        switch name {
        case "string": return .text(try text(of: value))
        case "int": return .int(try integer(value))
        case "uint": return .uint(try unsigned(value))
        case "double": return .plain(.double(try double(value)))
        case "bool":
            switch value {
            case .plain(.bool): return value
            case .plain(.string(let text)):
                if ["1", "t", "T", "true", "TRUE", "True"].contains(text) { return .bool(true) }
                if ["0", "f", "F", "false", "FALSE", "False"].contains(text) { return .bool(false) }
                throw .conversion(from: value, to: .bool)
            default: throw .noOverload
            }
        case "bytes":
            switch value {
            case .bytes: return value
            case .plain(.string(let text)): return .bytes(Array(text.utf8))
            default: throw .noOverload
            }
        case "timestamp": return .timestamp(try timestamp(value))
        case "duration":
            switch value {
            case .duration: return value
            case .plain(.int(let number)): return .duration(number)
            case .plain(.string(let text)):
                guard let duration = RuleTime.duration(text) else { throw .conversion(from: value, to: .duration) }
                return .duration(duration)
            default: throw .noOverload
            }
        default: throw .noOverload
        }
    }

    static func text(of value: RuleValue) throws(RuleError) -> String {
        switch value {
        case .plain(.string(let text)): return text
        case .plain(.int(let number)): return String(number)
        case .plain(.double(let number)):
            return number.goShortest
        case .plain(.bool(let flag)): return String(flag)
        case .uint(let number): return String(number)
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw RuleError("invalid UTF-8 in bytes, cannot convert to string")
            }
            return text
        case .timestamp(let time): return RuleText.rfc3339(time)
        case .duration(let nanoseconds): return RuleTime.text(of: nanoseconds)
        case .ip(let address): return address.description
        case .cidr(let range): return range.description
        default: throw .noOverload
        }
    }

    private static func integer(_ value: RuleValue) throws(RuleError) -> Int64 {
        switch value {
        case .plain(.int(let number)): return number
        case .uint(let number):
            guard let whole = Int64(exactly: number) else { throw RuleError("integer overflow") }
            return whole
        case .plain(.double(let number)):
            guard let whole = Int64(exactly: number.rounded(.towardZero)) else { throw RuleError("integer overflow") }
            return whole
        case .plain(.string(let text)):
            guard let number = Int64(text) else { throw .conversion(from: value, to: .int) }
            return number
        case .timestamp(let time): return time.seconds
        case .duration(let nanoseconds): return nanoseconds
        default: throw .noOverload
        }
    }

    private static func unsigned(_ value: RuleValue) throws(RuleError) -> UInt64 {
        switch value {
        case .uint(let number): return number
        case .plain(.int(let number)):
            guard let whole = UInt64(exactly: number) else { throw RuleError("unsigned integer overflow") }
            return whole
        case .plain(.double(let number)):
            guard let whole = UInt64(exactly: number.rounded(.towardZero)) else {
                throw RuleError("unsigned integer overflow")
            }
            return whole
        case .plain(.string(let text)):
            guard let number = UInt64(text), text.first != "+" else { throw .conversion(from: value, to: .uint) }
            return number
        default: throw .noOverload
        }
    }

    private static func double(_ value: RuleValue) throws(RuleError) -> Double {
        switch value {
        case .plain(.double(let number)): return number
        case .plain(.int(let number)): return Double(number)
        case .uint(let number): return Double(number)
        case .plain(.string(let text)):
            guard let number = Double(text) else { throw .conversion(from: value, to: .double) }
            return number
        default: throw .noOverload
        }
    }

    private static func timestamp(_ value: RuleValue) throws(RuleError) -> Timestamp {
        switch value {
        case .timestamp(let time): return time
        case .plain(.int(let seconds)):
            guard RuleTime.years.contains(seconds) else { throw RuleError("timestamp overflow") }
            return Timestamp(seconds: seconds)
        case .plain(.string(let text)):
            guard let time = Timestamp(rfc3339: text) else { throw .conversion(from: value, to: .timestamp) }
            return time
        default: throw .noOverload
        }
    }
}
