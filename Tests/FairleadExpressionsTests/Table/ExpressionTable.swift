import Testing

/// Expressions with what they give, by the language definition of CEL and the documentation of Kubernetes' libraries.
///
/// A line is an expression, `=>` and what it gives: an expression that means the same and has the same type; `!` and the
/// words of an error; or `?` and the words of the first complaint when it is compiled.
struct ExpressionTable {
    struct Row: Sendable, CustomTestStringConvertible {
        let expression: String
        let outcome: Outcome
        var testDescription: String { expression }
    }

    enum Outcome: Sendable {
        case value(String)
        case error(String)
        case refusal(String)
    }

    static let rows: [Row] = [operators, literals, macros, texts, times, collections, libraries].flatMap(rows)

    private static func rows(_ text: String) -> [Row] {
        text.split(separator: "\n").map { line in
            let parts = String(line).split(separator: " => ", maxSplits: 1).map(String.init)
            let (expression, outcome) = (parts[0], parts.count > 1 ? parts[1] : "")
            return switch outcome.first {
            case "!" where outcome.hasPrefix("! "):
                Row(expression: expression, outcome: .error(String(outcome.dropFirst(2))))
            case "?": Row(expression: expression, outcome: .refusal(String(outcome.dropFirst(2))))
            default: Row(expression: expression, outcome: .value(outcome))
            }
        }
    }
}
