extension Parser {
    static let unaryTests: Set<String> = [
        "-n", "-z", "-e", "-f", "-d", "-r", "-w", "-x", "-s", "-L", "-h", "-p", "-S", "-b", "-c", "-t", "-u", "-g",
        "-k",
        "-O", "-G", "-v",
    ]
    static let binaryTests: Set<String> = [
        "=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">",
    ]

    /// What is between `[[` and `]]`.
    mutating func condition() throws(SyntaxError) -> Condition {
        try deeper { parser throws(SyntaxError) in
            var left = try parser.conjunction()
            parser.skipLines()
            while parser.take("||") {
                left = .or(left, try parser.conjunction())
                parser.skipLines()
            }
            return left
        }
    }

    private mutating func conjunction() throws(SyntaxError) -> Condition {
        var left = try negation()
        skipLines()
        while take("&&") {
            left = .and(left, try negation())
            skipLines()
        }
        return left
    }

    private mutating func negation() throws(SyntaxError) -> Condition {
        skipLines()
        if keyword() == "!" {
            at += 1
            return try deeper { parser throws(SyntaxError) in .not(try parser.negation()) }
        }
        if take("(") {
            let inner = try condition()
            skipLines()
            guard take(")") else { throw unexpected(expecting: ")") }
            return inner
        }
        guard keyword() != "]]", let first = try word() else { throw unexpected() }
        skipBlanks()
        if let name = first.plain, Self.unaryTests.contains(name), keyword() != "]]", !sees("&&"), !sees("||") {
            let start = at
            if keyword().map({ !Self.binaryTests.contains($0) }) ?? true, let operand = try word() {
                return .unary(name, operand)
            }
            at = start
        }
        let name: String
        if take("<") {
            name = "<"
        } else if take(">") {
            name = ">"
        } else if let found = keyword(), Self.binaryTests.contains(found) {
            name = found
            at += found.utf8.count
        } else {
            return .word(first)
        }
        skipBlanks()
        if name == "=~" { return .binary(first, name, try pattern()) }
        guard let second = try word() else { throw unexpected() }
        return .binary(first, name, second)
    }

    /// A regular expression: parentheses and bars do not end it.
    private mutating func pattern() throws(SyntaxError) -> Word {
        var parts: [WordPart] = []
        while let byte = peek(), byte != .space, byte != .newline, byte != .tab {
            if byte == .backslash, let next = peek(1) {
                parts.append(.text("\\" + String(UnicodeScalar(next)), isQuoted: false))
                at += 2
            } else if byte == .dollar || byte.isQuote, let more = try special(isQuoted: false) {
                parts += more
            } else {
                parts.append(.text(String(decoding: [byte], as: UTF8.self), isQuoted: false))
                at += 1
            }
        }
        return Word(parts: parts)
    }
}
