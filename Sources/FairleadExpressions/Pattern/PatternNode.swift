/// A parsed pattern.
indirect enum PatternNode: Sendable {
    case empty
    case scalars(ScalarSet)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, minimum: Int, maximum: Int?, isLazy: Bool)
    case assertion(PatternAssertion)
}

/// A condition on the place between two characters.
enum PatternAssertion: Sendable {
    case textStart
    case textEnd
    case lineStart
    case lineEnd
    case wordBoundary
    case noWordBoundary

    func holds(_ text: [Unicode.Scalar], _ position: Int) -> Bool {
        switch self {
        case .textStart: return position == 0
        case .textEnd: return position == text.count
        case .lineStart: return position == 0 || text[position - 1] == "\n"
        case .lineEnd: return position == text.count || text[position] == "\n"
        case .wordBoundary, .noWordBoundary:
            let before = position > 0 && Self.isWord(text[position - 1])
            let after = position < text.count && Self.isWord(text[position])
            return (before != after) == (self == .wordBoundary)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool { ScalarSet.word.contains(scalar) }
}

extension PatternNode {
    var isEmpty: Bool { if case .empty = self { true } else { false } }

    /// Whether nested repetitions multiply to at most `count`, as RE2 requires.
    func repeats(atMost count: Int) -> Bool {
        switch self {
        case .empty, .scalars, .assertion: return true
        case .sequence(let nodes), .choice(let nodes): return nodes.allSatisfy { $0.repeats(atMost: count) }
        case .repetition(let inner, let minimum, let maximum, _):
            let times = maximum ?? minimum
            if maximum == 0 { return true }
            if times > count { return false }
            return inner.repeats(atMost: times > 0 ? count / times : count)
        }
    }
}

extension Pattern.SyntaxError {
    static func tooLarge(_ text: String) -> Pattern.SyntaxError {
        Pattern.SyntaxError(code: "expression too large", expression: text)
    }
}
