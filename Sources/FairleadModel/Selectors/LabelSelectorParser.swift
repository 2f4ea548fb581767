/// Parses the text form of label selectors. The messages are those of k8s.io/apimachinery `labels`.
struct LabelSelectorParser {
    private struct Token {
        enum Kind {
            case word
            case operation(LabelSelector.Requirement.Operator)
            case open, close, comma, end, error
        }
        var kind: Kind
        var text: String
    }

    private var tokens: [Token]
    private var position = 0

    init(_ text: String) { tokens = Self.tokens(of: text) }

    mutating func requirements() throws(SelectorError) -> [LabelSelector.Requirement] {
        var requirements: [LabelSelector.Requirement] = []
        while true {
            let token = peek()
            switch token.kind {
            case .end: return requirements
            case .word, .operation(.in), .operation(.notIn), .operation(.doesNotExist):
                do throws(SelectorError) {
                    requirements.append(try requirement())
                } catch {
                    throw SelectorError(message: "unable to parse requirement: " + error.message)
                }
            default: throw SelectorError(message: "found '\(token.text)', expected: !, identifier, or 'end of string'")
            }
            let next = take()
            switch next.kind {
            case .end: return requirements
            case .comma:
                switch peek().kind {
                case .word, .operation(.in), .operation(.notIn), .operation(.doesNotExist): continue
                default: throw SelectorError(message: "found '\(peek().text)', expected: identifier after ','")
                }
            default: throw SelectorError(message: "found '\(next.text)', expected: ',' or 'end of string'")
            }
        }
    }

    private mutating func requirement() throws(SelectorError) -> LabelSelector.Requirement {
        var token = take()
        var isNegated = false
        if case .operation(.doesNotExist) = token.kind {
            isNegated = true
            token = take()
        }
        guard Self.isWord(token) else { throw SelectorError(message: "found '\(token.text)', expected: identifier") }
        let key = token.text
        let messages = NameRules.qualifiedName(key)
        if !messages.isEmpty {
            let error = FieldError.invalid(.root, .string(key), messages.joined(separator: "; "))
            throw SelectorError(message: error.description)
        }
        switch peek().kind {
        case .end, .comma:
            return try LabelSelector.Requirement(checking: key, isNegated ? .doesNotExist : .exists, [])
        default: break
        }
        if isNegated { return try LabelSelector.Requirement(checking: key, .doesNotExist, []) }
        let operation = take()
        guard case .operation(let op) = operation.kind, op != .doesNotExist else {
            throw SelectorError(message: "found '\(operation.text)', expected: in, notin, =, ==, !=, gt, lt")
        }
        let values = op == .in || op == .notIn ? try valueList() : [try exactValue()]
        return try LabelSelector.Requirement(checking: key, op, values)
    }

    private mutating func exactValue() throws(SelectorError) -> String {
        switch peek().kind {
        case .end, .comma: return ""
        default: break
        }
        let token = take()
        guard Self.isWord(token) else { throw SelectorError(message: "found '\(token.text)', expected: identifier") }
        return token.text
    }

    private mutating func valueList() throws(SelectorError) -> [String] {
        let open = take()
        guard case .open = open.kind else { throw SelectorError(message: "found '\(open.text)' expected: '('") }
        if case .close = peek().kind {
            // Nothing between the parentheses counts as one empty value.
            _ = take()
            return [""]
        }
        var values: [String] = []
        var expectsValue = true
        while true {
            let token = take()
            if expectsValue, Self.isWord(token) {
                values.append(token.text)
                expectsValue = false
                continue
            }
            switch token.kind {
            case .comma:
                if expectsValue { values.append("") }
                expectsValue = true
            case .close:
                if expectsValue { values.append("") }
                return values
            default:
                let word = values.isEmpty ? "',', ')' or identifier" : "',', or identifier"
                let expected = expectsValue ? word : "',' or ')'"
                throw SelectorError(message: "found '\(token.text)', expected: \(expected)")
            }
        }
    }

    private func peek() -> Token { tokens[min(position, tokens.count - 1)] }

    private mutating func take() -> Token {
        let token = peek()
        position += 1
        return token
    }

    /// `in` and `notin` are ordinary words where a key or value is expected.
    private static func isWord(_ token: Token) -> Bool {
        switch token.kind {
        case .word, .operation(.in), .operation(.notIn): true
        default: false
        }
    }

    private static let symbols: [(String, Token.Kind)] = [
        ("==", .operation(.doubleEquals)), ("!=", .operation(.notEquals)), ("=", .operation(.equals)),
        ("!", .operation(.doesNotExist)), (">", .operation(.greaterThan)), ("<", .operation(.lessThan)),
        ("(", .open), (")", .close), (",", .comma),
    ]

    private static func tokens(of text: String) -> [Token] {
        var tokens: [Token] = []
        var rest = text[...]
        while let first = rest.first {
            if first.isSelectorSpace {
                rest.removeFirst()
            } else if let symbol = symbols.first(where: { rest.hasPrefix($0.0) }) {
                tokens.append(Token(kind: symbol.1, text: symbol.0))
                rest.removeFirst(symbol.0.count)
            } else {
                let word = rest.prefix { !$0.isSelectorSpace && !"=!(),><".contains($0) }
                rest.removeFirst(word.count)
                switch word {
                case "in": tokens.append(Token(kind: .operation(.in), text: "in"))
                case "notin": tokens.append(Token(kind: .operation(.notIn), text: "notin"))
                default: tokens.append(Token(kind: .word, text: String(word)))
                }
            }
        }
        tokens.append(Token(kind: .end, text: ""))
        return tokens
    }
}

extension Character {
    fileprivate var isSelectorSpace: Bool { [" ", "\t", "\n", "\r", "\r\n"].contains(self) }
}
