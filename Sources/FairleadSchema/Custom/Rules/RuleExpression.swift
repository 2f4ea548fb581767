import FairleadModel

/// A parsed expression of the Common Expression Language, as far as validation rules are evaluated here.
///
/// Reference: the CEL language definition; "Validation rules" of CustomResourceDefinitions.
indirect enum RuleExpression: Sendable {
    case literal(Value)
    case name(String)
    case field(RuleExpression, String)
    /// `has(a.b)`.
    case has(RuleExpression, String)
    case index(RuleExpression, RuleExpression)
    /// A function, or a method of `target`; operators have names like `_+_`.
    case call(String, target: RuleExpression?, [RuleExpression])
    /// `list.all(x, predicate)` and the like.
    case comprehension(Comprehension, RuleExpression, variable: String, RuleExpression, RuleExpression?)
    case list([RuleExpression])
    case map([(RuleExpression, RuleExpression)])
    case conditional(RuleExpression, RuleExpression, RuleExpression)
    case and(RuleExpression, RuleExpression)
    case or(RuleExpression, RuleExpression)

    enum Comprehension: String, Sendable {
        case all, exists, filter, map
        case existsOne = "exists_one"
    }

    /// Whether a name is read anywhere.
    func reads(_ wanted: String) -> Bool {
        switch self {
        case .literal: false
        case .name(let name): name == wanted
        case .field(let inner, _), .has(let inner, _): inner.reads(wanted)
        case .index(let left, let right), .and(let left, let right), .or(let left, let right):
            left.reads(wanted) || right.reads(wanted)
        case .call(_, let target, let arguments):
            target?.reads(wanted) == true || arguments.contains { $0.reads(wanted) }
        case .comprehension(_, let range, _, let first, let second):
            range.reads(wanted) || first.reads(wanted) || second?.reads(wanted) == true
        case .list(let elements): elements.contains { $0.reads(wanted) }
        case .map(let entries): entries.contains { $0.0.reads(wanted) || $0.1.reads(wanted) }
        case .conditional(let test, let yes, let no): test.reads(wanted) || yes.reads(wanted) || no.reads(wanted)
        }
    }
}

/// Why a rule is not, or could not be, evaluated.
struct RuleError: Error, Sendable, Hashable {
    var message: String
    init(_ message: String) { self.message = message }

    static let noOverload = RuleError("no such overload")
}
