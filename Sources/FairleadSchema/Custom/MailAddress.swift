/// One mail address as Go's `mail.ParseAddress` reads it (RFC 5322): `a@b.c`, `Joe <a@b.c>`, `"Joe, Jr." <a@b.c>`.
struct MailAddress {
    private var rest: Substring.UnicodeScalarView

    static func isValid(_ text: String) -> Bool {
        var parser = MailAddress(rest: text.unicodeScalars[...])
        return parser.address()
    }

    private mutating func address() -> Bool {
        guard skipSpace() else { return false }
        let start = rest
        if addressSpecification(), skipSpace(), rest.isEmpty { return true }
        rest = start
        // A name in front is any number of words, before the address in angle brackets.
        while rest.first != "<" {
            guard rest.first == "\"" ? quotedText() : atom(allowsDots: true), skipSpace() else { return false }
        }
        rest.removeFirst()
        guard addressSpecification(), rest.first == ">" else { return false }
        rest.removeFirst()
        return skipSpace() && rest.isEmpty
    }

    private mutating func addressSpecification() -> Bool {
        guard skipSpace(), rest.first == "\"" ? quotedText() : dotAtom(), skipSpace(), rest.first == "@" else {
            return false
        }
        rest.removeFirst()
        guard skipSpace(), !rest.isEmpty else { return false }
        return rest.first == "[" ? domainLiteral() : dotAtom()
    }

    private mutating func dotAtom() -> Bool {
        let start = rest
        guard atom(allowsDots: true) else { return false }
        let text = start[..<rest.startIndex]
        return text.first != "." && text.last != "." && !Self.hasDoubleDot(text)
    }

    private static func hasDoubleDot(_ text: Substring.UnicodeScalarView) -> Bool {
        zip(text, text.dropFirst()).contains { $0 == "." && $1 == "." }
    }

    private mutating func atom(allowsDots: Bool) -> Bool {
        let start = rest
        rest = rest.drop { Self.isAtomText($0) || allowsDots && $0 == "." }
        return rest.startIndex > start.startIndex
    }

    private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        case "!", "#", "$", "%", "&", "'", "*", "+", "-", "/", "=", "?", "^", "_", "`", "{", "|", "}", "~": true
        default: scalar.value >= 0x80
        }
    }

    private mutating func quotedText() -> Bool {
        rest.removeFirst()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return true
            case "\\": guard let next = rest.popFirst(), Self.isQuotable(next) else { return false }
            default: guard Self.isQuotable(scalar) else { return false }
            }
        }
        return false
    }

    private static func isQuotable(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\t" || scalar.value >= 0x20 && scalar.value != 0x7F
    }

    /// `[10.0.0.1]`.
    private mutating func domainLiteral() -> Bool {
        rest.removeFirst()
        let start = rest
        rest = rest.drop { $0 != "]" }
        guard rest.first == "]" else { return false }
        let text = String(start[..<rest.startIndex])
        rest.removeFirst()
        return StringFormat.ipv4.accepts(text) || StringFormat.ipv6.accepts(text)
    }

    /// Spaces, and comments in parentheses.
    private mutating func skipSpace() -> Bool {
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard rest.first == "(" else { return true }
            var depth = 0
            repeat {
                switch rest.popFirst() {
                case "("?: depth += 1
                case ")"?: depth -= 1
                case "\\"?: _ = rest.popFirst()
                case nil: return false
                default: break
                }
            } while depth > 0
        }
    }
}
