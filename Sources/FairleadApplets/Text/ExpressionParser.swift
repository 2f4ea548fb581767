/// Reads the text of a regular expression.
struct ExpressionParser {
    private let text: [Unicode.Scalar]
    private let isExtended: Bool
    private var at = 0
    private var depth = 0
    private(set) var groups = 0

    init(_ text: String, isExtended: Bool) {
        self.text = Array(text.unicodeScalars)
        self.isExtended = isExtended
    }

    mutating func parse() throws(RegularExpression.Malformed) -> RegularExpression.Node {
        let node = try choice()
        guard at == text.count else { throw RegularExpression.Malformed() }
        return node
    }

    /// Whether an operator comes next; in basic expressions it has a backslash.
    private func sees(_ scalar: Unicode.Scalar) -> Bool {
        if isExtended { return at < text.count && text[at] == scalar }
        return at + 1 < text.count && text[at] == "\\" && text[at + 1] == scalar
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard sees(scalar) else { return false }
        at += isExtended ? 1 : 2
        return true
    }

    private mutating func choice() throws(RegularExpression.Malformed) -> RegularExpression.Node {
        guard depth < 40 else { throw RegularExpression.Malformed() }
        depth += 1
        defer { depth -= 1 }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(RegularExpression.Malformed) -> RegularExpression.Node {
        var nodes: [RegularExpression.Node] = []
        while at < text.count, !sees("|"), !(sees(")") && (depth > 1 || !isExtended)) {
            var node = try atom(isFirst: nodes.isEmpty)
            while let (low, high) = try repetition(isFirst: nodes.isEmpty, node) {
                if case .repeated(let inner, 0, nil) = node, low <= 1, high == nil {
                    node = .repeated(inner, 0, nil)
                } else {
                    node = .repeated(node, low, high)
                }
            }
            nodes.append(node)
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func repetition(
        isFirst: Bool, _ node: RegularExpression.Node
    ) throws(RegularExpression.Malformed) -> (Int, Int?)? {
        guard at < text.count else { return nil }
        if text[at] == "*" {
            at += 1
            return (0, nil)
        }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard sees("{") else { return nil }
        let start = at
        _ = take("{")
        guard let low = number() ?? (at < text.count && text[at] == "," ? 0 : nil) else {
            at = start
            return nil
        }
        var high: Int? = low
        if at < text.count, text[at] == "," {
            at += 1
            high = number()
        }
        guard take("}"), low <= 255, (high ?? 0) <= 255, high.map({ $0 >= low }) ?? true else {
            throw RegularExpression.Malformed()
        }
        return (low, high)
    }

    private mutating func number() -> Int? {
        var digits = ""
        while at < text.count, ("0"..."9").contains(text[at]), digits.utf8.count < 6 {
            digits.unicodeScalars.append(text[at])
            at += 1
        }
        return Int(digits)
    }

    private mutating func atom(isFirst: Bool) throws(RegularExpression.Malformed) -> RegularExpression.Node {
        if sees("(") {
            _ = take("(")
            groups += 1
            let number = groups
            guard number <= 30 else { throw RegularExpression.Malformed() }
            let inner = try choice()
            guard take(")") else { throw RegularExpression.Malformed() }
            return .group(inner, number)
        }
        let scalar = text[at]
        at += 1
        switch scalar {
        case ".": return .any
        case "^" where isExtended || isFirst: return .start
        case "$" where isExtended || at == text.count || sees(")") || sees("|"): return .end
        case "[":
            guard let (set, end) = ScalarSet.parse(text, at, negations: "^", escapes: false) else {
                throw RegularExpression.Malformed()
            }
            at = end
            return .set(set)
        case "\\":
            guard at < text.count else { throw RegularExpression.Malformed() }
            let next = text[at]
            at += 1
            return try escape(next)
        case "*" where isExtended && isFirst: return .scalar("*")
        default: return .scalar(scalar)
        }
    }

    private func escape(_ scalar: Unicode.Scalar) throws(RegularExpression.Malformed) -> RegularExpression.Node {
        let word: [ClosedRange<Unicode.Scalar>] = ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"]
        switch scalar {
        case "w": return .set(ScalarSet(ranges: word))
        case "W": return .set(ScalarSet(ranges: word, isNegated: true))
        case "s": return .set(ScalarSet(ranges: [" "..." ", "\t"..."\r"]))
        case "S": return .set(ScalarSet(ranges: [" "..." ", "\t"..."\r"], isNegated: true))
        case "d": return .set(ScalarSet(ranges: ["0"..."9"]))
        case "b": return .wordEdge
        case "<": return .wordStart
        case ">": return .wordEnd
        case "n": return .scalar("\n")
        case "t": return .scalar("\t")
        case "1"..."9": throw RegularExpression.Malformed()
        default: return .scalar(scalar)
        }
    }
}
