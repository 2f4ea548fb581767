/// Reads scripts in the language of a POSIX shell, with a little of bash.
///
/// Scripts are at most 1 MiB long, and nest at most 60 deep.
struct Parser {
    static let maximumSize = 1 << 20
    static let maximumDepth = 60

    let bytes: [UInt8]
    var at = 0
    var depth = 0
    /// Where the lines go on that follow the here-documents of this line.
    var hereEnd: Int?
    /// Whether a here-document has no end.
    var hasOpenText = false

    init(_ text: String) { bytes = Array(text.utf8) }

    /// All of a script.
    static func script(_ text: String) throws(SyntaxError) -> [ListItem] {
        guard text.utf8.count <= maximumSize else { throw SyntaxError(message: "script too long") }
        var parser = Parser(text)
        let list = try parser.list()
        parser.skipBlanks()
        if let word = parser.terminator() { throw SyntaxError(message: "syntax error: unexpected \"\(word)\"") }
        return list
    }

    // MARK: - characters

    var isAtEnd: Bool { at >= bytes.count }

    func peek(_ offset: Int = 0) -> UInt8? { at + offset < bytes.count ? bytes[at + offset] : nil }

    func sees(_ text: StaticString) -> Bool { sees(String(describing: text)) }

    func sees(_ text: String) -> Bool {
        var index = at
        for byte in text.utf8 {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }

    mutating func take(_ text: String) -> Bool {
        guard sees(text) else { return false }
        at += text.utf8.count
        return true
    }

    /// Blanks, comments and escaped ends of lines.
    mutating func skipBlanks() {
        while let byte = peek() {
            if byte == .space || byte == .tab || byte == .carriageReturn && peek(1) == .newline {
                at += 1
            } else if byte == .backslash, peek(1) == .newline {
                at += 2
            } else if byte == UInt8(ascii: "#") {
                while at < bytes.count, bytes[at] != .newline { at += 1 }
            } else {
                return
            }
        }
    }

    /// Blanks and ends of lines; here-documents are read on the way.
    mutating func skipLines() {
        while true {
            skipBlanks()
            guard peek() == .newline else { return }
            at += 1
            if let end = hereEnd {
                at = max(at, end)
                hereEnd = nil
            }
        }
    }

    mutating func deeper<Answer>(
        _ body: (inout Parser) throws(SyntaxError) -> Answer
    ) throws(SyntaxError) -> Answer {
        guard depth < Self.maximumDepth else { throw SyntaxError(message: "syntax error: nested too deeply") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    func unexpected(expecting: String? = nil) -> SyntaxError {
        let found: String
        if isAtEnd {
            found = "end of file"
        } else if peek() == .newline {
            found = "newline"
        } else {
            var copy = self
            found = "\"\(copy.rawToken())\""
        }
        let hint = expecting.map { " (expecting \"\($0)\")" } ?? ""
        return SyntaxError(message: "syntax error: unexpected \(found)\(hint)", isIncomplete: isAtEnd)
    }

    /// The next operator or word as it is written, for messages.
    mutating func rawToken() -> String {
        for text in ["&&", "||", ";;", "<<<", "<<", ">>", "&", "|", ";", "(", ")", "<", ">"] where take(text) {
            return text
        }
        let start = at
        while let byte = peek(), !byte.endsWord, at - start < 40 { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    // MARK: - lists

    /// Words that end a list where a command could begin.
    static let closers: Set<String> = ["then", "else", "elif", "fi", "do", "done", "esac", "}"]

    /// The closing word or operator that comes next, if one does.
    func terminator() -> String? {
        if sees(";;") { return ";;" }
        if sees(")") { return ")" }
        return keyword().flatMap { Self.closers.contains($0) ? $0 : nil }
    }

    /// The next word, if it may be a keyword.
    func keyword() -> String? {
        var end = at
        while end < bytes.count, !bytes[end].endsWord, end - at < 10 {
            if bytes[end].isQuote || bytes[end] == .dollar { return nil }
            end += 1
        }
        guard end > at, end - at < 10 else { return nil }
        return String(decoding: bytes[at..<end], as: UTF8.self)
    }

    mutating func takeKeyword(_ word: String) -> Bool {
        guard keyword() == word else { return false }
        at += word.utf8.count
        return true
    }

    mutating func expect(_ word: String) throws(SyntaxError) {
        skipLines()
        guard takeKeyword(word) else { throw unexpected(expecting: word) }
    }

    /// Commands up to something that cannot begin one.
    mutating func list() throws(SyntaxError) -> [ListItem] {
        try deeper { parser throws(SyntaxError) in
            var items: [ListItem] = []
            while true {
                parser.skipLines()
                if parser.isAtEnd || parser.terminator() != nil { return items }
                var item = try parser.andOr()
                parser.skipBlanks()
                if parser.sees("&"), !parser.sees("&&") {
                    parser.at += 1
                    item.isBackground = true
                } else if parser.sees(";"), !parser.sees(";;") {
                    parser.at += 1
                } else if parser.peek() != .newline, !parser.isAtEnd, parser.terminator() == nil {
                    throw parser.unexpected()
                }
                items.append(item)
            }
        }
    }

    /// A list that must not be empty.
    mutating func body(expecting word: String) throws(SyntaxError) -> [ListItem] {
        let list = try list()
        if list.isEmpty { throw unexpected(expecting: isAtEnd ? word : nil) }
        return list
    }

    private mutating func andOr() throws(SyntaxError) -> ListItem {
        var item = ListItem(first: try pipeline())
        while true {
            skipBlanks()
            if take("&&") {
                skipLines()
                item.rest.append((.and, try pipeline()))
            } else if take("||") {
                skipLines()
                item.rest.append((.or, try pipeline()))
            } else {
                return item
            }
        }
    }

    private mutating func pipeline() throws(SyntaxError) -> Pipeline {
        var isNegated = false
        skipBlanks()
        while takeKeyword("!") {
            isNegated.toggle()
            skipBlanks()
        }
        var commands = [try command()]
        while true {
            skipBlanks()
            guard sees("|"), !sees("||") else { break }
            at += 1
            if take("&") {
                let target = Word(parts: [.text("1", isQuoted: false)])
                let both = Redirection(descriptor: 2, kind: .duplicate, target: target)
                commands[commands.count - 1] = .redirected(commands[commands.count - 1], [both])
            }
            skipLines()
            commands.append(try command())
            guard commands.count <= 100 else { throw SyntaxError(message: "syntax error: pipeline too long") }
        }
        return Pipeline(commands: commands, isNegated: isNegated)
    }
}

extension UInt8 {
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let backslash = UInt8(ascii: "\\")
    static let dollar = UInt8(ascii: "$")
    static let singleQuote = UInt8(ascii: "'")
    static let doubleQuote = UInt8(ascii: "\"")
    static let backquote = UInt8(ascii: "`")

    var isQuote: Bool { self == .backslash || self == .singleQuote || self == .doubleQuote || self == .backquote }

    /// Whether it ends a word that is not quoted.
    var endsWord: Bool {
        switch self {
        case .space, .tab, .newline, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"):
            true
        default: false
        }
    }
}
