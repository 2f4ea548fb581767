import FairleadModel

/// An expression of the Common Expression Language as it is evaluated.
///
/// Reference: the CEL language definition; "Validation rules" of CustomResourceDefinitions.
indirect enum RuleExpression: Sendable {
    case literal(RuleValue)
    case name(String)
    case field(RuleExpression, String, isOptional: Bool)
    /// `has(a.b)`.
    case has(RuleExpression, String)
    case index(RuleExpression, RuleExpression, isOptional: Bool)
    case not(RuleExpression)
    case negated(RuleExpression)
    case binary(Operator, RuleExpression, RuleExpression)
    /// A function, or a method with what it is called on in front of its arguments.
    case call(String, [RuleExpression])
    /// `text.matches('…')` and the like, whose pattern is compiled once.
    case pattern(String, RuleExpression, Pattern, RuleExpression?)
    /// `list.all(x, predicate)` and the like.
    case comprehension(RuleSyntax.Macro, RuleExpression, variables: [String], RuleExpression, RuleExpression?)
    case list([(value: RuleExpression, isOptional: Bool)])
    case map([(key: RuleExpression, value: RuleExpression, isOptional: Bool)])
    /// `Object.spec{replicas: 1}`: the type and the fields.
    case message(String, [(name: String, value: RuleExpression, isOptional: Bool)])
    case conditional(RuleExpression, RuleExpression, RuleExpression)
    /// Chains stand side by side, however long they are.
    case and([RuleExpression])
    case or([RuleExpression])
    /// Data of the type that its schema says: a text as a time, a whole number as a double.
    case typed(RuleExpression, RuleType)

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

        /// The name of its function in messages.
        var function: String { self == .isIn ? "@in" : "_\(rawValue)_" }
    }

    /// Whether a name is read anywhere.
    func reads(_ wanted: String) -> Bool {
        switch self {
        case .literal: false
        case .name(let name): name == wanted
        case .field(let inner, _, _), .has(let inner, _), .not(let inner), .negated(let inner), .typed(let inner, _):
            inner.reads(wanted)
        case .pattern(_, let inner, _, let limit): inner.reads(wanted) || limit?.reads(wanted) == true
        case .index(let left, let right, _), .binary(_, let left, let right):
            left.reads(wanted) || right.reads(wanted)
        case .call(_, let arguments): arguments.contains { $0.reads(wanted) }
        case .comprehension(_, let range, _, let first, let second):
            range.reads(wanted) || first.reads(wanted) || second?.reads(wanted) == true
        case .list(let elements): elements.contains { $0.value.reads(wanted) }
        case .and(let elements), .or(let elements): elements.contains { $0.reads(wanted) }
        case .map(let entries): entries.contains { $0.key.reads(wanted) || $0.value.reads(wanted) }
        case .message(_, let fields): fields.contains { $0.value.reads(wanted) }
        case .conditional(let test, let yes, let no): test.reads(wanted) || yes.reads(wanted) || no.reads(wanted)
        }
    }
}

/// Why a rule could not be evaluated.
struct RuleError: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The expression, or this time's values, do not work.
        case ordinary
        /// The evaluation has cost all that it may.
        case tooExpensive
        /// All expressions of the policy together have.
        case outOfBudget
    }

    var message: String
    var kind = Kind.ordinary

    init(_ message: String, _ kind: Kind = .ordinary) {
        self.message = message
        self.kind = kind
    }

    static let noOverload = RuleError("no such overload")
    static let tooExpensive = RuleError("operation cancelled: actual cost limit exceeded", .tooExpensive)

    static func conversion(from value: RuleValue, to type: RuleType) -> RuleError {
        RuleError("type conversion error from '\(value.typeName)' to '\(type.runtimeName)'")
    }
}
