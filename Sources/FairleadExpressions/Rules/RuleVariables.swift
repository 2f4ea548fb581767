import FairleadModel

/// The variables of a policy: evaluated when they are first asked for, and then kept.
struct RuleVariables: Sendable {
    struct Variable: Sendable {
        let name: String
        let expression: RuleExpression
    }

    let all: [String: Variable]
    var values: [String: RuleValue] = [:]
    var failures: [String: RuleError] = [:]
    /// What is left for all variables and expressions of the policy.
    private(set) var remaining: Int
    private var depth = 0

    /// Variables may stand within each other; each takes stack.
    private static let maximumDepth = 32

    init(_ all: [String: Variable] = [:], budget: Int = RuleBudget.limit) {
        self.all = all
        remaining = budget
    }

    /// The name under which `variables.x` is kept.
    static func name(_ variable: String) -> String { "variables." + variable }

    mutating func enter(_ variable: Variable) throws(RuleError) {
        depth += 1
        guard depth <= Self.maximumDepth else {
            depth -= 1
            throw RuleError("variables are nested more than \(Self.maximumDepth) deep")
        }
    }

    mutating func leave(_ variable: Variable) { depth -= 1 }

    mutating func charge(_ cost: Int) throws(RuleError) {
        guard cost <= remaining else {
            remaining = 0
            throw .outOfBudget
        }
        remaining -= cost
    }
}

extension RuleError {
    static let outOfBudget = RuleError(
        "validation failed due to running out of cost budget, no further validation rules will be run", .outOfBudget)
}
