import FairleadApplets

extension Parser {
    /// The next word; nil if none begins here.
    mutating func word() throws(SyntaxError) -> Word? {
        var parts: [WordPart] = []
        var text: [UInt8] = []
        func flush() {
            if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self), isQuoted: false)) }
            text = []
        }
        while let byte = peek(), !byte.endsWord {
            if byte == .dollar || byte.isQuote {
                if byte == .backslash, peek(1) == .newline {
                    at += 2
                    continue
                }
                if let more = try special(isQuoted: false) {
                    flush()
                    parts += more
                    continue
                }
            }
            text.append(byte)
            at += 1
        }
        flush()
        return parts.isEmpty ? nil : Word(parts: parts)
    }

    /// What begins with a quote or a dollar sign; nil if that stands for itself.
    mutating func special(isQuoted: Bool) throws(SyntaxError) -> [WordPart]? {
        switch peek() {
        case .backslash:
            at += 1
            guard let next = peek() else { return [.text("\\", isQuoted: true)] }
            let length = next < 0x80 ? 1 : next >= 0xF0 ? 4 : next >= 0xE0 ? 3 : 2
            let end = min(bytes.count, at + length)
            defer { at = end }
            return [.text(String(decoding: bytes[at..<end], as: UTF8.self), isQuoted: true)]
        case .singleQuote:
            at += 1
            guard let end = bytes[at...].firstIndex(of: .singleQuote) else { throw unterminated }
            defer { at = end + 1 }
            return [.text(String(decoding: bytes[at..<end], as: UTF8.self), isQuoted: true)]
        case .doubleQuote:
            at += 1
            return try deeper { parser throws(SyntaxError) in
                var parts = try parser.quoted(until: .doubleQuote)
                guard parser.peek() == .doubleQuote else { throw parser.unterminated }
                parser.at += 1
                // Even nothing at all is a word when it is quoted.
                if parts.isEmpty { parts = [.text("", isQuoted: true)] }
                return parts
            }
        case .backquote: return [try backquoted(isQuoted: isQuoted)]
        case .dollar:
            return try deeper { parser throws(SyntaxError) in try parser.dollar(isQuoted: isQuoted).map { [$0] } }
        default: return nil
        }
    }

    var unterminated: SyntaxError {
        SyntaxError(message: "syntax error: unterminated quoted string", isIncomplete: true)
    }

    /// Text in which only `$`, backquotes and some backslashes are special.
    mutating func quoted(until end: UInt8?) throws(SyntaxError) -> [WordPart] {
        var parts: [WordPart] = []
        var text: [UInt8] = []
        func flush() {
            if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self), isQuoted: true)) }
            text = []
        }
        while let byte = peek(), byte != end {
            if byte == .backslash, let next = peek(1) {
                at += 2
                if next == .newline { continue }
                let isSpecial = next == .dollar || next == .backquote || next == .backslash || next == end
                if !isSpecial { text.append(byte) }
                text.append(next)
                continue
            }
            if byte == .dollar || byte == .backquote, let more = try special(isQuoted: true) {
                flush()
                parts += more
                continue
            }
            text.append(byte)
            at += 1
        }
        flush()
        return parts
    }

    /// A text as between double quotes.
    mutating func quotedText(_ text: String) throws(SyntaxError) -> Word {
        var inner = Parser(text)
        inner.depth = depth
        return try inner.deeper { parser throws(SyntaxError) in Word(parts: try parser.quoted(until: nil)) }
    }

    private mutating func backquoted(isQuoted: Bool) throws(SyntaxError) -> WordPart {
        at += 1
        var text: [UInt8] = []
        while let byte = peek(), byte != .backquote {
            if byte == .backslash, let next = peek(1), next == .backquote || next == .dollar || next == .backslash {
                at += 1
            } else if byte == .backslash, isQuoted, peek(1) == .doubleQuote {
                at += 1
            }
            text.append(bytes[at])
            at += 1
        }
        guard peek() == .backquote else { throw unterminated }
        at += 1
        var inner = Parser(String(decoding: text, as: UTF8.self))
        inner.depth = depth
        let list = try inner.list()
        guard inner.isAtEnd else { throw inner.unexpected() }
        return .command(list, isQuoted: isQuoted)
    }

    // MARK: - dollar

    private mutating func dollar(isQuoted: Bool) throws(SyntaxError) -> WordPart? {
        guard let next = peek(1) else { return nil }
        if sees("$((") {
            let start = at
            at += 3
            if let text = balanced(), take(")") { return .arithmetic(try quotedText(text), isQuoted: isQuoted) }
            at = start
        }
        if next == UInt8(ascii: "(") {
            at += 2
            let list = try list()
            skipLines()
            guard take(")") else { throw unexpected(expecting: ")") }
            return .command(list, isQuoted: isQuoted)
        }
        if next == UInt8(ascii: "{") {
            at += 2
            return .parameter(try braced(), isQuoted: isQuoted)
        }
        if next == .singleQuote, !isQuoted {
            at += 2
            return .text(try escaped(), isQuoted: true)
        }
        if next.isNameStart {
            at += 1
            return .parameter(Parameter(name: name()), isQuoted: isQuoted)
        }
        if next.isDigit || "@*#?-$!".utf8.contains(next) {
            at += 2
            return .parameter(Parameter(name: String(UnicodeScalar(next))), isQuoted: isQuoted)
        }
        return nil
    }

    private mutating func name() -> String {
        let start = at
        while at < bytes.count, bytes[at].isNamePart { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    /// `$'…'`
    private mutating func escaped() throws(SyntaxError) -> String {
        var text: [UInt8] = []
        while let byte = peek(), byte != .singleQuote {
            text.append(byte)
            at += 1
            if byte == .backslash, let next = peek() {
                if next == .singleQuote || next == .doubleQuote { text.removeLast() }
                text.append(next)
                at += 1
            }
        }
        guard peek() == .singleQuote else { throw unterminated }
        at += 1
        return Escapes.decoded(String(decoding: text, as: UTF8.self), zeroPrefix: false).text
    }

    /// What is between `${` and `}`.
    private mutating func braced() throws(SyntaxError) -> Parameter {
        let badSubstitution = SyntaxError(message: "syntax error: bad substitution")
        var parameter = Parameter(name: "")
        if peek() == UInt8(ascii: "#"), let next = peek(1), next != UInt8(ascii: "}"),
            next.isNamePart || "@*?-$!#".utf8.contains(next)
        {
            parameter.operation = .length
            at += 1
        } else if peek() == UInt8(ascii: "!"), let next = peek(1), next.isNameStart {
            parameter.isIndirect = true
            at += 1
        }
        guard let first = peek() else { throw unexpected(expecting: "}") }
        if first.isNameStart {
            parameter.name = name()
        } else if first.isDigit {
            while let digit = peek(), digit.isDigit {
                parameter.name.unicodeScalars.append(UnicodeScalar(digit))
                at += 1
            }
        } else if "@*#?-$!".utf8.contains(first) {
            parameter.name = String(UnicodeScalar(first))
            at += 1
        } else {
            throw badSubstitution
        }
        if peek() == UInt8(ascii: "[") {
            at += 1
            guard let text = balanced(UInt8(ascii: "["), UInt8(ascii: "]")) else { throw badSubstitution }
            parameter.index = try quotedText(text)
        }
        if take("}") { return parameter }
        if case .length = parameter.operation { throw badSubstitution }
        parameter.operation = try operation()
        guard take("}") else { throw isAtEnd ? unexpected(expecting: "}") : badSubstitution }
        return parameter
    }

    private mutating func operation() throws(SyntaxError) -> Parameter.Operation {
        if sees(":"), let next = peek(1), !"-=+?".utf8.contains(next) {
            at += 1
            let start = try operand(stops: ":")
            return .slice(start, take(":") ? try operand() : nil)
        }
        let alsoIfEmpty = take(":")
        if let byte = peek(), "-=+?".utf8.contains(byte) {
            at += 1
            return .fallback(Character(UnicodeScalar(byte)), alsoIfEmpty: alsoIfEmpty, try operand())
        }
        if take("##") { return .trim(fromEnd: false, longest: true, try operand()) }
        if take("#") { return .trim(fromEnd: false, longest: false, try operand()) }
        if take("%%") { return .trim(fromEnd: true, longest: true, try operand()) }
        if take("%") { return .trim(fromEnd: true, longest: false, try operand()) }
        if take("/") {
            let all = take("/")
            let pattern = try operand(stops: "/")
            return .replace(pattern, with: take("/") ? try operand() : Word(), all: all)
        }
        if take("^^") { return .upper(all: true) }
        if take("^") { return .upper(all: false) }
        if take(",,") { return .lower(all: true) }
        if take(",") { return .lower(all: false) }
        throw SyntaxError(message: "syntax error: bad substitution")
    }

    /// The word after an operator, up to the closing brace.
    private mutating func operand(stops: String = "") throws(SyntaxError) -> Word {
        var parts: [WordPart] = []
        var text: [UInt8] = []
        func flush() {
            if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self), isQuoted: false)) }
            text = []
        }
        while let byte = peek(), byte != UInt8(ascii: "}"), !stops.utf8.contains(byte) {
            if byte == .dollar || byte.isQuote, let more = try special(isQuoted: false) {
                flush()
                parts += more
                continue
            }
            text.append(byte)
            at += 1
        }
        flush()
        return Word(parts: parts)
    }
}
