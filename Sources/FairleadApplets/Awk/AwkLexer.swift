/// The words of a program of awk.
enum AwkToken: Equatable {
    case number(Double), string(String), regex(String)
    case name(String)
    /// A name with a parenthesis right behind it.
    case call(String)
    case keyword(String), symbol(String)
    case newline, end
}

struct AwkLexer {
    private static let keywords: Set<String> = [
        "BEGIN", "END", "if", "else", "while", "for", "do", "in", "print", "printf", "next", "exit", "break",
        "continue",
        "delete", "function", "func", "getline", "return",
    ]
    private static let symbols = [
        "**=", "&&", "||", "==", "!=", "<=", ">=", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "!~", ">>", "**",
        "{",
        "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "|", "?", ":", "~", "$", "=",
    ]

    static func tokens(_ text: String) throws(AwkFailure) -> [AwkToken] {
        var lexer = AwkLexer(bytes: Array(text.utf8))
        var tokens: [AwkToken] = []
        while let token = try lexer.next(after: tokens.last) { tokens.append(token) }
        return tokens + [.end]
    }

    private let bytes: [UInt8]
    private var at = 0

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func next(after last: AwkToken?) throws(AwkFailure) -> AwkToken? {
        while at < bytes.count {
            if bytes[at] == 32 || bytes[at] == 9 || bytes[at] == 13 {
                at += 1
            } else if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == 10 {
                at += 2
            } else if bytes[at] == UInt8(ascii: "#") {
                while at < bytes.count, bytes[at] != 10 { at += 1 }
            } else {
                break
            }
        }
        guard at < bytes.count else { return nil }
        let byte = bytes[at]
        if byte == 10 {
            at += 1
            return .newline
        }
        if byte == UInt8(ascii: "\"") { return .string(try quoted(byte)) }
        if byte == UInt8(ascii: "/"), Self.mayBeginRegex(after: last) { return .regex(try quoted(byte)) }
        if byte.isDigit || byte == UInt8(ascii: "."), let number = number() { return .number(number) }
        if byte.isNameStart {
            let start = at
            while at < bytes.count, bytes[at].isNamePart { at += 1 }
            let name = String(decoding: bytes[start..<at], as: UTF8.self)
            if Self.keywords.contains(name) { return .keyword(name) }
            return at < bytes.count && bytes[at] == UInt8(ascii: "(") ? .call(name) : .name(name)
        }
        for symbol in Self.symbols where bytes[at...].starts(with: symbol.utf8) {
            at += symbol.utf8.count
            return .symbol(symbol)
        }
        throw AwkFailure(message: "unexpected character")
    }

    private static func mayBeginRegex(after last: AwkToken?) -> Bool {
        switch last {
        case .number, .string, .regex, .name, .call: false
        case .symbol(let symbol): ![")", "]", "$", "++", "--"].contains(symbol)
        default: true
        }
    }

    private mutating func number() -> Double? {
        var end = at
        while end < bytes.count, bytes[end].isDigit || bytes[end] == UInt8(ascii: ".") { end += 1 }
        if end < bytes.count, bytes[end] == UInt8(ascii: "e") || bytes[end] == UInt8(ascii: "E") {
            var exponent = end + 1
            if exponent < bytes.count, "+-".utf8.contains(bytes[exponent]) { exponent += 1 }
            let start = exponent
            while exponent < bytes.count, bytes[exponent].isDigit { exponent += 1 }
            if exponent > start { end = exponent }
        }
        guard let value = Double(String(decoding: bytes[at..<end], as: UTF8.self)) else { return nil }
        at = end
        return value
    }

    /// A string or a regular expression, without its ends.
    private mutating func quoted(_ end: UInt8) throws(AwkFailure) -> String {
        at += 1
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != end {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
                if bytes[at + 1] == end {
                    at += 1
                } else {
                    text.append(bytes[at])
                    at += 1
                }
            }
            text.append(bytes[at])
            at += 1
        }
        guard at < bytes.count else { throw AwkFailure(message: "unterminated string") }
        at += 1
        let result = String(decoding: text, as: UTF8.self)
        return end == UInt8(ascii: "/") ? result : Escapes.decoded(result, zeroPrefix: false).text
    }
}
