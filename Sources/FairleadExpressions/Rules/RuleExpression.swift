import FairleadModel

/// A parsed expression of the Common Expression Language, restricted to what validation rules can use here.
///
/// Reference: the CEL language definition; "Validation rules" of CustomResourceDefinitions.
indirect enum RuleExpression: Sendable {
    case literal(Value)
    case name(String)
    case field(RuleExpression, String)
    /// `has(a.b)`.
    case has(RuleExpression, String)
    case index(RuleExpression, RuleExpression)
    case not(RuleExpression)
    case negated(RuleExpression)
    case binary(Operator, RuleExpression, RuleExpression)
    /// A function, or a method of `target`.
    case call(String, target: RuleExpression?, [RuleExpression])
    /// `text.matches('…')`, whose pattern is compiled once.
    case matches(RuleExpression, Pattern)
    /// `list.all(x, predicate)` and the like.
    case comprehension(Comprehension, RuleExpression, variable: String, RuleExpression, RuleExpression?)
    case list([RuleExpression])
    case map([(RuleExpression, RuleExpression)])
    case conditional(RuleExpression, RuleExpression, RuleExpression)
    /// Chains are flat, however long they are.
    case and([RuleExpression])
    case or([RuleExpression])

    enum Operator: String, Sendable {
        case equal = "=="
        case notEqual = "!="
        case atMost = "<="
        case atLeast = ">="
        case less = "<"
        case greater = ">"
        case isIn = "in"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divided = "/"
        case modulo = "%"
    }

    enum Comprehension: String, Sendable {
        case all, exists, filter, map
        case existsOne = "exists_one"
    }

    /// Whether a name is read anywhere.
    func reads(_ wanted: String) -> Bool {
        switch self {
        case .literal: false
        case .name(let name): name == wanted
        case .field(let inner, _), .has(let inner, _), .not(let inner), .negated(let inner), .matches(let inner, _):
            inner.reads(wanted)
        case .index(let left, let right), .binary(_, let left, let right): left.reads(wanted) || right.reads(wanted)
        case .call(_, let target, let arguments):
            target?.reads(wanted) == true || arguments.contains { $0.reads(wanted) }
        case .comprehension(_, let range, _, let first, let second):
            range.reads(wanted) || first.reads(wanted) || second?.reads(wanted) == true
        case .list(let elements), .and(let elements), .or(let elements): elements.contains { $0.reads(wanted) }
        case .map(let entries): entries.contains { $0.0.reads(wanted) || $0.1.reads(wanted) }
        case .conditional(let test, let yes, let no): test.reads(wanted) || yes.reads(wanted) || no.reads(wanted)
        }
    }
}

/// Why a rule cannot be evaluated, or failed.
struct RuleError: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The expression is invalid, or fails for these values.
        case ordinary
        /// The expression is too large: it is refused when it is written.
        case tooLarge
        /// The evaluation has used up its budget.
        case tooExpensive
    }

    var message: String
    var kind = Kind.ordinary

    init(_ message: String, _ kind: Kind = .ordinary) {
        self.message = message
        self.kind = kind
    }

    static let noOverload = RuleError("no such overload")
    static let tooExpensive = RuleError("operation cancelled: actual cost limit exceeded", .tooExpensive)
}
