import FairleadModel

/// An expression as it was written, with the place of each part: what the checker reads.
///
/// The place of an operation is that of its operator, as in cel-go: the dot of a selection, the parenthesis of a call.
indirect enum RuleSyntax: Sendable {
    case literal(RuleValue, at: Int)
    case name(String, at: Int)
    case select(RuleSyntax, String, isOptional: Bool, at: Int)
    /// `has(a.b)`.
    case has(RuleSyntax, String, at: Int)
    case index(RuleSyntax, RuleSyntax, isOptional: Bool, at: Int)
    case call(String, [RuleSyntax], at: Int)
    case method(String, on: RuleSyntax, [RuleSyntax], at: Int)
    case not(RuleSyntax, at: Int)
    case negated(RuleSyntax, at: Int)
    case binary(RuleExpression.Operator, RuleSyntax, RuleSyntax, at: Int)
    /// Chains stand side by side, however long they are.
    case and([RuleSyntax], at: Int)
    case or([RuleSyntax], at: Int)
    case conditional(RuleSyntax, RuleSyntax, RuleSyntax, at: Int)
    case list([Element], at: Int)
    case map([Entry], at: Int)
    /// `Object.spec{replicas: 1}`.
    case message(String, [Field], at: Int)
    case comprehension(Macro, RuleSyntax, variables: [String], [RuleSyntax], at: Int)

    struct Element: Sendable {
        let value: RuleSyntax
        let isOptional: Bool
    }

    struct Entry: Sendable {
        let key: RuleSyntax
        let value: RuleSyntax
        let isOptional: Bool
        let place: Int
    }

    struct Field: Sendable {
        let name: String
        let value: RuleSyntax
        let isOptional: Bool
        let place: Int
    }

    enum Macro: String, Sendable {
        case all, exists, filter, map, transformList, transformMap, transformMapEntry, optMap, optFlatMap
        case existsOne = "exists_one"
    }

    var place: Int {
        switch self {
        case .literal(_, let place), .name(_, let place), .select(_, _, _, let place), .has(_, _, let place),
            .index(_, _, _, let place), .call(_, _, let place), .method(_, _, _, let place), .not(_, let place),
            .negated(_, let place), .binary(_, _, _, let place), .and(_, let place), .or(_, let place),
            .conditional(_, _, _, let place), .list(_, let place), .map(_, let place),
            .message(_, _, let place),
            .comprehension(_, _, _, _, let place):
            place
        }
    }
}

/// All that is wrong with an expression.
struct RuleIssues: Error, Sendable, Hashable {
    let list: [RuleIssue]

    init(_ list: [RuleIssue]) { self.list = list }
}

/// Why an expression is none, at its place.
struct RuleIssue: Error, Sendable, Hashable {
    /// The offset in code points; nil for an expression that is too large to be looked at.
    var place: Int?
    var message: String

    /// The issues of one expression as cel-go shows them: each with its line, and a mark below.
    static func text(of issues: [RuleIssue], in source: String) -> String {
        let scalars = Array(source.unicodeScalars)
        let lines = scalars.split(separator: "\n", omittingEmptySubsequences: false)
        // Sorting is stable for what stands at one place.
        let sorted = issues.enumerated()
            .sorted { ($0.element.place ?? -1, $0.offset) < ($1.element.place ?? -1, $1.offset) }
            .map(\.element)
        return sorted.map { issue in
            guard let place = issue.place else { return "ERROR: <input>:-1:0: \(issue.message)" }
            let before = scalars.prefix(place)
            let line = before.count { $0 == "\n" }
            let column = place - (before.lastIndex(of: "\n").map { $0 + 1 } ?? 0)
            var text = "ERROR: <input>:\(line + 1):\(column + 1): \(issue.message)"
            if line < lines.count {
                let shown = lines[line].map { $0 == "\t" ? " " : $0 }
                text += "\n | " + String(String.UnicodeScalarView(shown))
                text += "\n | " + String(repeating: ".", count: column) + "^"
            }
            return text
        }
        .joined(separator: "\n")
    }
}
