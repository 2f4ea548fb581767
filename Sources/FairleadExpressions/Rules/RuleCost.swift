package import FairleadModel

/// The cost of an evaluation: about what cel-go and Kubernetes' libraries charge, but never less than what the work
/// takes here. Texts are charged by bytes, and results are charged before they are built.
///
/// Reference: k8s.io/apiserver `apis/cel/config.go`; cel-go `interpreter/runtimecost.go`.
struct RuleCost: Sendable {
    /// The maximum cost of one evaluation of one rule.
    static let limit = 1_000_000

    private(set) var spent = 0
    private let limit: Int
    private var literals = 0

    init(limit: Int = RuleCost.limit) { self.limit = limit }

    var remaining: Int { limit - spent }

    mutating func charge(_ amount: Int) throws(RuleError) {
        guard amount <= remaining else {
            spent = limit
            throw .tooExpensive
        }
        spent += amount
    }

    /// A tenth for every byte examined, at least one.
    mutating func charge(bytes: Int) throws(RuleError) { try charge(1 + bytes / 10) }

    /// Searching for `part` in `whole` takes time in proportion to the product of their lengths.
    mutating func charge(searching whole: Int, for part: Int) throws(RuleError) {
        let (product, overflows) = (1 + whole / 10).multipliedReportingOverflow(by: 1 + part / 10)
        try charge(overflows ? .max : product)
    }

    /// A quarter for every element of a list that is created.
    mutating func charge(elements: Int) throws(RuleError) { try charge(1 + elements / 4) }

    /// Literals are free in Kubernetes; here, large numbers of them are not.
    mutating func countLiteral() throws(RuleError) {
        literals &+= 1
        if literals & 15 == 0 { try charge(1) }
    }

    /// For work that counts its steps: they cost a tenth each, and the work stops when they exceed the budget.
    var steps: Steps { Steps(limit: remaining.multipliedReportingOverflow(by: 10).partialValue) }

    mutating func charge(_ steps: Steps) throws(RuleError) {
        try charge(steps.isExhausted ? .max : 1 + steps.count / 10)
    }

    struct Steps {
        private(set) var count = 0
        let limit: Int

        mutating func take(_ amount: Int) { count += amount }
        var isExhausted: Bool { count > limit }
    }
}

/// The budget for all rules of one object.
package struct RuleBudget {
    package static let limit = 10_000_000

    package private(set) var remaining: Int
    /// Whether rules are no longer evaluated.
    package var isClosed = false

    package init(_ limit: Int = RuleBudget.limit) { remaining = limit }

    /// - Returns: false if less than that is left.
    package mutating func spend(_ cost: Int) -> Bool {
        guard cost <= remaining else {
            remaining = 0
            return false
        }
        remaining -= cost
        return true
    }

    /// Compares values at a hundredth of a unit per value and byte; values too large to compare count as changed.
    package mutating func finds(_ value: Value, equalTo other: Value) -> Bool {
        var steps = RuleCost.Steps(limit: remaining.multipliedReportingOverflow(by: 100).partialValue)
        let isEqual = RuleFunctions.equal(value, other, &steps)
        _ = spend(steps.count / 100)
        return isEqual
    }
}
