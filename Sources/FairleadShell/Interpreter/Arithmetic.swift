import FairleadApplets
import FairleadModel

/// Evaluates what is between `$((` and `))`: 64-bit numbers that wrap around, with the operators of C.
struct Arithmetic {
    struct Failure: Error { var message: String }

    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0
    private let value: (String) -> String?
    /// The variables that have been assigned, in order.
    private(set) var assigned: [(name: String, value: Int64)] = []
    /// Above zero in the branch of `?:`, `&&` or `||` that is not taken.
    private var idle = 0

    init(_ text: String, value: @escaping (String) -> String?) {
        bytes = Array(text.utf8)
        self.value = value
    }

    mutating func evaluate() throws(Failure) -> Int64 {
        skip()
        if at >= bytes.count { return 0 }
        let result = try comma()
        guard at >= bytes.count else { throw Failure(message: "arithmetic syntax error") }
        return result
    }

    private mutating func skip() {
        while at < bytes.count, bytes[at] == .space || bytes[at] == .tab || bytes[at] == .newline { at += 1 }
    }

    private mutating func take(_ text: String, unless next: String = "") -> Bool {
        let end = at + text.utf8.count
        guard end <= bytes.count, bytes[at..<end].elementsEqual(text.utf8) else { return false }
        if end < bytes.count, next.utf8.contains(bytes[end]) { return false }
        at = end
        skip()
        return true
    }

    private mutating func comma() throws(Failure) -> Int64 {
        var result = try assignment()
        while take(",") { result = try assignment() }
        return result
    }

    private func number(of name: String) throws(Failure) -> Int64 {
        if let last = assigned.last(where: { $0.name == name }) { return last.value }
        guard let text = value(name), !text.isEmpty else { return 0 }
        if let number = Self.parse(text) { return number }
        guard depth < 20, text.isName else { throw Failure(message: "arithmetic syntax error") }
        var inner = Arithmetic(text, value: value)
        inner.depth = depth + 1
        return try inner.evaluate()
    }

    static func parse(_ text: String) -> Int64? {
        let trimmed = text.filter { $0 != " " && $0 != "\n" && $0 != "\t" }
        let isNegative = trimmed.hasPrefix("-")
        let digits = isNegative || trimmed.hasPrefix("+") ? String(trimmed.dropFirst()) : trimmed
        guard let first = digits.utf8.first, first.isDigit else { return nil }
        let number: Int64?
        if digits.lowercased().hasPrefix("0x") {
            number = UInt64(digits.dropFirst(2), radix: 16).map { Int64(bitPattern: $0) }
        } else if digits.hasPrefix("0"), digits.utf8.count > 1 {
            number = UInt64(digits, radix: 8).map { Int64(bitPattern: $0) }
        } else if let mark = digits.firstIndex(of: "#"), let base = Int(digits[..<mark]), (2...36).contains(base) {
            number = Int64(digits[digits.index(after: mark)...], radix: base)
        } else {
            number = Int64(digits) ?? (digits.utf8.allSatisfy(\.isDigit) ? .max : nil)
        }
        return number.map { isNegative ? 0 &- $0 : $0 }
    }

    private mutating func name() -> String? {
        guard at < bytes.count, bytes[at].isNameStart else { return nil }
        let start = at
        while at < bytes.count, bytes[at].isNamePart { at += 1 }
        let name = String(decoding: bytes[start..<at], as: UTF8.self)
        skip()
        return name
    }

    private mutating func assignment() throws(Failure) -> Int64 {
        guard depth < 60 else { throw Failure(message: "expression too deep") }
        depth += 1
        defer { depth -= 1 }
        let start = at
        if let name = name() {
            if take("=", unless: "=") { return set(name, try assignment()) }
            for operation in ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"] where take(operation + "=") {
                let left = try number(of: name)
                return set(name, try apply(operation, left, try assignment()))
            }
        }
        at = start
        return try ternary()
    }

    private mutating func set(_ name: String, _ value: Int64) -> Int64 {
        if idle == 0, assigned.count < 10_000 { assigned.append((name, value)) }
        return value
    }

    private mutating func ternary() throws(Failure) -> Int64 {
        let condition = try binary(0)
        guard take("?") else { return condition }
        let first = try branch(isTaken: condition != 0)
        guard take(":") else { throw Failure(message: "arithmetic syntax error") }
        let second = try branch(isTaken: condition == 0)
        return condition != 0 ? first : second
    }

    private mutating func branch(isTaken: Bool) throws(Failure) -> Int64 {
        if !isTaken { idle += 1 }
        defer { if !isTaken { idle -= 1 } }
        return try assignment()
    }

    private static let levels: [[(text: String, not: String)]] = [
        [("||", "")], [("&&", "")], [("|", "|=")], [("^", "=")], [("&", "&=")], [("==", ""), ("!=", "")],
        [("<=", ""), (">=", ""), ("<", "<"), (">", ">")], [("<<", "="), (">>", "=")], [("+", "+="), ("-", "-=")],
        [("*", "*="), ("/", "="), ("%", "=")],
    ]

    private mutating func binary(_ level: Int) throws(Failure) -> Int64 {
        guard level < Self.levels.count else { return try power() }
        var left = try binary(level + 1)
        search: while true {
            for (text, not) in Self.levels[level] where take(text, unless: not) {
                if level < 2 {
                    let isDecided = (left != 0) == (level == 0)
                    if isDecided { idle += 1 }
                    defer { if isDecided { idle -= 1 } }
                    let right = try binary(level + 1)
                    left = isDecided ? (level == 0 ? 1 : 0) : right != 0 ? 1 : 0
                } else {
                    left = try apply(text, left, try binary(level + 1))
                }
                continue search
            }
            return left
        }
    }

    private func apply(_ operation: String, _ left: Int64, _ right: Int64) throws(Failure) -> Int64 {
        switch operation {
        case "+": return left &+ right
        case "-": return left &- right
        case "*": return left &* right
        case "/", "%":
            if right == 0 {
                if idle > 0 { return 0 }
                throw Failure(message: "divide by zero")
            }
            if right == -1 { return operation == "/" ? 0 &- left : 0 }
            return operation == "/" ? left / right : left % right
        case "|": return left | right
        case "&": return left & right
        case "^": return left ^ right
        case "<<": return left &<< right
        case ">>": return left &>> right
        case "==": return left == right ? 1 : 0
        case "!=": return left != right ? 1 : 0
        case "<": return left < right ? 1 : 0
        case ">": return left > right ? 1 : 0
        case "<=": return left <= right ? 1 : 0
        default: return left >= right ? 1 : 0
        }
    }

    private mutating func power() throws(Failure) -> Int64 {
        let base = try unary()
        guard take("**") else { return base }
        depth += 1
        defer { depth -= 1 }
        guard depth < 60 else { throw Failure(message: "expression too deep") }
        var exponent = try power()
        if exponent < 0 { throw Failure(message: "exponent less than 0") }
        var (result, square): (Int64, Int64) = (1, base)
        while exponent > 0 {
            if exponent & 1 == 1 { result = result &* square }
            square = square &* square
            exponent >>= 1
        }
        return result
    }

    private mutating func unary() throws(Failure) -> Int64 {
        guard depth < 60 else { throw Failure(message: "expression too deep") }
        depth += 1
        defer { depth -= 1 }
        for step in ["++", "--"] {
            let start = at
            if take(step), let name = name() {
                return set(name, try number(of: name) &+ (step == "++" ? 1 : -1))
            }
            at = start
        }
        if take("!", unless: "=") { return try unary() == 0 ? 1 : 0 }
        if take("~") { return ~(try unary()) }
        if take("-") { return 0 &- (try unary()) }
        if take("+") { return try unary() }
        return try primary()
    }

    private mutating func primary() throws(Failure) -> Int64 {
        if take("(") {
            let result = try comma()
            guard take(")") else { throw Failure(message: "arithmetic syntax error") }
            return result
        }
        if let name = name() {
            let value = try number(of: name)
            if take("++") { _ = set(name, value &+ 1) } else if take("--") { _ = set(name, value &- 1) }
            return value
        }
        let start = at
        while at < bytes.count, bytes[at].isNamePart || bytes[at] == UInt8(ascii: "#") { at += 1 }
        guard at > start, let number = Self.parse(String(decoding: bytes[start..<at], as: UTF8.self)) else {
            throw Failure(message: "arithmetic syntax error")
        }
        skip()
        return number
    }
}

extension Shell {
    mutating func arithmetic(_ word: Word) async throws(Flow) -> Int64 { try await arithmetic(try await text(word)) }

    mutating func arithmetic(_ text: String) async throws(Flow) -> Int64 {
        let copy = self
        var arithmetic = Arithmetic(text) { copy.value($0) }
        let result: Int64
        do throws(Arithmetic.Failure) {
            result = try arithmetic.evaluate()
        } catch {
            throw await abort(error.message)
        }
        for (name, value) in arithmetic.assigned { try await set(name, String(value)) }
        return result
    }
}
