import FairleadModel

/// A value of an expression. What JSON can hold, is JSON: data is not copied to be looked at.
enum RuleValue: Sendable {
    /// Null, booleans, signed numbers, doubles, texts; lists and maps of such values.
    case plain(Value)
    case uint(UInt64)
    case bytes([UInt8])
    case timestamp(Timestamp)
    /// In nanoseconds.
    case duration(Int64)
    /// At least one of the elements is not plain.
    case list([RuleValue])
    /// At least one of the keys is no text, or one of the values not plain.
    case map([RulePair])
    /// The name of a type, `type(x)`.
    case type(String)
    indirect case optional(RuleValue?)
    case quantity(Quantity)
    case ip(RuleAddress)
    case cidr(RuleRange)
    case url(RuleURL)
    case format(RuleFormat)
    case semver(RuleVersion)
    /// What an authorizer is asked, as far as it has been said.
    indirect case access(RuleAccess)
    indirect case decision(RuleDecision)
    /// What a mutation makes.
    indirect case message(RuleMessage)

    static let null = RuleValue.plain(.null)
    static func bool(_ flag: Bool) -> RuleValue { .plain(.bool(flag)) }
    static func int(_ number: Int64) -> RuleValue { .plain(.int(number)) }
    static func text(_ text: String) -> RuleValue { .plain(.string(text)) }

    static func list(of elements: [RuleValue]) -> RuleValue {
        var plain: [Value] = []
        plain.reserveCapacity(elements.count)
        for element in elements {
            guard case .plain(let value) = element else { return .list(elements) }
            plain.append(value)
        }
        return .plain(.array(plain))
    }

    static func map(of pairs: [RulePair]) -> RuleValue {
        var members: [(String, Value)] = []
        members.reserveCapacity(pairs.count)
        for pair in pairs {
            guard case .plain(.string(let key)) = pair.key, case .plain(let value) = pair.value else {
                return .map(pairs)
            }
            members.append((key, value))
        }
        return .plain(.object(Object(members)))
    }

    /// The type of a literal.
    var type: RuleType {
        switch self {
        case .plain(.null): .null
        case .plain(.bool): .bool
        case .plain(.int): .int
        case .plain(.double): .double
        case .plain(.string): .string
        case .uint: .uint
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        default: .dyn
        }
    }

    /// What `type(x)` says, and messages about conversions.
    var typeName: String {
        switch self {
        case .plain(let value): RuleFunctions.typeName(value)
        case .uint: "uint"
        case .bytes: "bytes"
        case .timestamp: RuleType.timestamp.runtimeName
        case .duration: RuleType.duration.runtimeName
        case .list: "list"
        case .map: "map"
        case .type: "type"
        case .optional: "optional_type"
        case .quantity: RuleType.quantity.runtimeName
        case .ip: RuleType.ip.runtimeName
        case .cidr: RuleType.cidr.runtimeName
        case .url: RuleType.url.runtimeName
        case .format: RuleType.format.runtimeName
        case .semver: RuleType.semver.runtimeName
        case .access(let access): access.typeName
        case .decision: RuleType.decision.runtimeName
        case .message(let message): message.type
        }
    }

    var isTrue: Bool { if case .plain(.bool(true)) = self { true } else { false } }

    /// The number of elements of a list; nil for anything else.
    var count: Int? {
        switch self {
        case .plain(.array(let list)): list.count
        case .list(let list): list.count
        default: nil
        }
    }

    func element(_ index: Int) -> RuleValue {
        switch self {
        case .plain(.array(let list)): .plain(list[index])
        case .list(let list): list[index]
        default: .null
        }
    }

    /// The elements of a list; nil for anything else.
    var elements: [RuleValue]? {
        switch self {
        case .plain(.array(let list)): list.map { .plain($0) }
        case .list(let list): list
        default: nil
        }
    }

    /// Whether `optional.ofNonZeroValue` takes it for nothing.
    var isZero: Bool {
        switch self {
        case .plain(.null), .plain(.bool(false)), .plain(.int(0)), .uint(0), .duration(0): true
        case .plain(.double(let number)): number == 0
        case .plain(.string(let text)): text.isEmpty
        case .plain(.array(let list)): list.isEmpty
        case .plain(.object(let object)): object.isEmpty
        case .bytes(let bytes): bytes.isEmpty
        default: false
        }
    }
}

/// A member of a map.
struct RulePair: Sendable {
    let key: RuleValue
    let value: RuleValue
}

extension RuleValue {
    /// Data in the form that its schema says; what does not fit stays as it is.
    func typed(as type: RuleType) -> RuleValue {
        switch (type, self) {
        case (.double, .plain(.int(let number))): .plain(.double(Double(number)))
        case (.int, .plain(.double(let number))): Int64(exactly: number).map { .int($0) } ?? self
        case (.timestamp, .plain(.string(let text))): RuleTime.timestamp(ofData: text).map { .timestamp($0) } ?? self
        case (.duration, .plain(.string(let text))): RuleTime.duration(ofData: text).map { .duration($0) } ?? self
        case (.bytes, .plain(.string(let text))): RuleText.decodedBase64(text).map { .bytes($0) } ?? self
        default: self
        }
    }
}
