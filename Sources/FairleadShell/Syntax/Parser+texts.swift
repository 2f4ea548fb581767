extension Parser {
    /// What is before the closing bracket that belongs to one just passed, which is passed too; nil if there is none.
    mutating func balanced(
        _ open: UInt8 = UInt8(ascii: "("), _ close: UInt8 = UInt8(ascii: ")")
    ) -> String? {
        let start = at
        var depth = 0
        var quote: UInt8?
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == .backslash, quote != .singleQuote {
                at += 1
            } else if let open = quote {
                if byte == open { quote = nil }
            } else if byte == .singleQuote || byte == .doubleQuote {
                quote = byte
            } else if byte == open {
                depth += 1
            } else if byte == close {
                if depth == 0 { return String(decoding: bytes[start..<at - 1], as: UTF8.self) }
                depth -= 1
            }
        }
        at = start
        return nil
    }

    /// The lines of a here-document, which begin after the present line or the document before.
    mutating func hereDocument(stripsTabs: Bool) throws(SyntaxError) -> Word {
        let start = at
        guard let delimiter = try word() else { throw unexpected() }
        let isLiteral = bytes[start..<at].contains { $0.isQuote }
        var end = ""
        for case .text(let text, _) in delimiter.parts { end += text }
        var position = hereEnd ?? bytes[at...].firstIndex(of: .newline).map { $0 + 1 } ?? bytes.count
        var text: [UInt8] = []
        var isClosed = false
        while position < bytes.count, !isClosed {
            let lineEnd = bytes[position...].firstIndex(of: .newline) ?? bytes.count
            var line = bytes[position..<lineEnd]
            if stripsTabs { line = line.drop { $0 == .tab } }
            position = min(bytes.count, lineEnd + 1)
            if line.elementsEqual(end.utf8) {
                isClosed = true
            } else {
                text += line
                text.append(.newline)
            }
        }
        hereEnd = position
        if !isClosed { hasOpenText = true }
        let body = String(decoding: text, as: UTF8.self)
        return isLiteral ? Word(parts: [.text(body, isQuoted: true)]) : try quotedText(body)
    }
}

extension Parser {
    /// Whether a script that is complete otherwise ends within a here-document.
    static func hasOpenText(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: "<")) else { return false }
        var parser = Parser(text)
        // It has been parsed before.
        _ = try? parser.list()
        return parser.hasOpenText
    }
}
