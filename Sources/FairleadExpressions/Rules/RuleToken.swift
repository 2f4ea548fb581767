/// The words of an expression.
struct RuleToken: Sendable {
    enum Kind: Sendable, Equatable {
        case identifier(String)
        case int(Int64)
        case uint(UInt64)
        case double(Double)
        /// A number that its type cannot hold.
        case badNumber(String)
        case string(String)
        case bytes([UInt8])
        case symbol(String)
        case end
    }

    let kind: Kind
    let place: Int
    /// The end of it.
    let end: Int
}

/// Reads the words of an expression: CEL language definition, "Lexis".
struct RuleLexer {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var tokens: [RuleToken] = []
    private var strangers: [RuleIssue] = []

    /// - Returns: the words, and what was passed over because it is none.
    static func tokens(
        of text: [Unicode.Scalar]
    ) throws(RuleIssue) -> (tokens: [RuleToken], strangers: [RuleIssue]) {
        var lexer = RuleLexer(text: text)
        while try lexer.next() {}
        return (lexer.tokens, lexer.strangers)
    }

    private init(text: [Unicode.Scalar]) { self.text = text }

    private static let symbols: [[Unicode.Scalar]] = [
        "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[",
        "]", "{", "}",
    ].map { Array($0.unicodeScalars) }

    private mutating func next() throws(RuleIssue) -> Bool {
        skipSpace()
        let start = position
        guard position < text.count else {
            add(.end, start)
            return false
        }
        let scalar = text[position]
        if Self.isDigit(scalar) || scalar == "." && position + 1 < text.count && Self.isDigit(text[position + 1]) {
            add(try number(), start)
        } else if let prefix = textPrefix() {
            position += prefix.count
            add(try quoted(isRaw: prefix.isRaw, isBytes: prefix.isBytes, from: start), start)
        } else if Self.isWord(scalar) {
            while position < text.count, Self.isWord(text[position]) { position += 1 }
            add(.identifier(String(String.UnicodeScalarView(text[start..<position]))), start)
        } else if scalar == "`" {
            add(try quotedIdentifier(), start)
        } else if let symbol = Self.symbols.first(where: { text[position...].starts(with: $0) }) {
            position += symbol.count
            add(.symbol(String(String.UnicodeScalarView(symbol))), start)
        } else {
            position += 1
            // cel-go tells a hundred.
            if strangers.count < 100 {
                strangers.append(
                    RuleIssue(
                        place: start, message: "Syntax error: token recognition error at: '\(Character(scalar))'"))
            }
        }
        return true
    }

    private mutating func add(_ kind: RuleToken.Kind, _ start: Int) {
        tokens.append(RuleToken(kind: kind, place: start, end: position))
    }

    private mutating func skipSpace() {
        while position < text.count {
            if text[position].properties.isWhitespace {
                position += 1
            } else if text[position] == "/", position + 1 < text.count, text[position + 1] == "/" {
                while position < text.count, text[position] != "\n" { position += 1 }
            } else {
                return
            }
        }
    }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || isDigit(scalar) || scalar == "_")
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isHexDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.isASCII && scalar.properties.isHexDigit }

    // MARK: Numbers

    private mutating func number() throws(RuleIssue) -> RuleToken.Kind {
        let start = position
        if text[position] == "0", position + 1 < text.count, text[position + 1] == "x" {
            position += 2
            while position < text.count, Self.isHexDigit(text[position]) { position += 1 }
            let digits = String(String.UnicodeScalarView(text[(start + 2)..<position]))
            if takesSuffix() { return UInt64(digits, radix: 16).map { .uint($0) } ?? .badNumber("uint") }
            return Int64(digits, radix: 16).map { .int($0) } ?? .badNumber("int")
        }
        var isDouble = false
        digits()
        if position + 1 < text.count, text[position] == ".", Self.isDigit(text[position + 1]) {
            isDouble = true
            position += 1
            digits()
        }
        if position < text.count, text[position] == "e" || text[position] == "E" {
            var after = position + 1
            if after < text.count, text[after] == "+" || text[after] == "-" { after += 1 }
            if after < text.count, Self.isDigit(text[after]) {
                isDouble = true
                position = after
                digits()
            }
        }
        let word = String(String.UnicodeScalarView(text[start..<position]))
        if isDouble { return Double(word).map { .double($0) } ?? .badNumber("double") }
        if takesSuffix() { return UInt64(word).map { .uint($0) } ?? .badNumber("uint") }
        // The least number has no positive: it is read with its sign by the parser.
        if word == "9223372036854775808" { return .least }
        return Int64(word).map { .int($0) } ?? .badNumber("int")
    }

    private mutating func digits() { while position < text.count, Self.isDigit(text[position]) { position += 1 } }

    private mutating func takesSuffix() -> Bool {
        guard position < text.count, text[position] == "u" || text[position] == "U" else { return false }
        position += 1
        return true
    }

    // MARK: Texts

    private func textPrefix() -> (count: Int, isRaw: Bool, isBytes: Bool)? {
        var isRaw = false
        var isBytes = false
        var count = 0
        while position + count < text.count, count < 3 {
            switch text[position + count] {
            case "\"", "'": return (count, isRaw, isBytes)
            case "r", "R": if isRaw { return nil } else { isRaw = true }
            case "b", "B": if isBytes { return nil } else { isBytes = true }
            default: return nil
            }
            count += 1
        }
        return nil
    }

    private mutating func quotedIdentifier() throws(RuleIssue) -> RuleToken.Kind {
        let start = position
        position += 1
        while position < text.count, text[position] != "`" { position += 1 }
        guard position < text.count else { throw unterminated(start) }
        position += 1
        return .identifier(String(String.UnicodeScalarView(text[(start + 1)..<(position - 1)])))
    }

    private func unterminated(_ start: Int) -> RuleIssue {
        let rest = String(String.UnicodeScalarView(text[start..<min(text.count, start + 40)]))
        return RuleIssue(place: start, message: "Syntax error: token recognition error at: '\(rest)'")
    }

    private mutating func quoted(isRaw: Bool, isBytes: Bool, from start: Int) throws(RuleIssue) -> RuleToken.Kind {
        let quote = text[position]
        let isTriple = text[position...].starts(with: [quote, quote, quote])
        let end = Array(repeating: quote, count: isTriple ? 3 : 1)
        position += end.count
        var scalars = String.UnicodeScalarView()
        var bytes: [UInt8] = []
        while position < text.count {
            if text[position...].starts(with: end) {
                position += end.count
                return isBytes ? .bytes(bytes) : .string(String(scalars))
            }
            let scalar = text[position]
            if !isTriple, scalar == "\n" { break }
            position += 1
            if scalar == "\\", !isRaw {
                let value = try escape(start, isBytes: isBytes)
                if isBytes, value.value < 0x100 {
                    bytes.append(UInt8(value.value))
                } else {
                    bytes += Array(String(Character(value)).utf8)
                }
                scalars.append(value)
            } else {
                scalars.append(scalar)
                if isBytes { bytes += Array(String(Character(scalar)).utf8) }
            }
        }
        throw unterminated(start)
    }

    private mutating func escape(_ start: Int, isBytes: Bool) throws(RuleIssue) -> Unicode.Scalar {
        guard position < text.count else { throw unterminated(start) }
        let escaped = text[position]
        position += 1
        switch escaped {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "a": return "\u{07}"
        case "b": return "\u{08}"
        case "f": return "\u{0C}"
        case "v": return "\u{0B}"
        case "\\", "\"", "'", "`", "?": return escaped
        case "x", "X": return try code(2, 16, start)
        case "u": if !isBytes { return try code(4, 16, start) }
        case "U": if !isBytes { return try code(8, 16, start) }
        case "0"..."3":
            position -= 1
            return try code(3, 8, start)
        default: break
        }
        throw unterminated(start)
    }

    private mutating func code(_ length: Int, _ radix: Int, _ start: Int) throws(RuleIssue) -> Unicode.Scalar {
        let digits = text[position..<min(position + length, text.count)]
        guard digits.count == length, digits.allSatisfy(Self.isHexDigit),
            let code = UInt32(String(String.UnicodeScalarView(digits)), radix: radix), let value = Unicode.Scalar(code)
        else { throw unterminated(start) }
        position += length
        return value
    }
}

extension RuleToken.Kind {
    /// The number whose negative is the least one.
    static let least = RuleToken.Kind.badNumber("9223372036854775808")
}
