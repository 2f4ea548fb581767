package import FairleadModel

/// What an evaluation costs, counted in two ways, each of which ends it.
///
/// It is *charged* what cel-go and Kubernetes' libraries charge, by the sizes that values have; `RuleEstimate` knows the
/// most that this can be. And it *works*: a unit for each part that is evaluated and for about ten bytes or values that
/// are looked at, however deep they are, so that nothing that Kubernetes takes for cheap takes long here. Work is counted
/// before results are built.
///
/// Reference: k8s.io/apiserver `apis/cel/config.go`; cel-go `interpreter/runtimecost.go`.
struct RuleCost: Sendable {
    /// The maximum cost of one evaluation of one rule.
    static let limit = 1_000_000

    /// In Kubernetes' units; at most the estimate.
    private(set) var charged = 0
    private var worked = 0
    private let limit: Int
    private var literals = 0

    init(limit: Int = RuleCost.limit) { self.limit = limit }

    /// What budgets of several evaluations are reduced by.
    var spent: Int { max(charged, worked) }

    /// The units of work that are left.
    var remaining: Int { limit - worked }

    mutating func charge(_ amount: Int) throws(RuleError) {
        guard amount <= limit - charged else {
            charged = limit
            throw .tooExpensive
        }
        charged += amount
    }

    mutating func work(_ amount: Int) throws(RuleError) {
        guard amount <= remaining else {
            worked = limit
            throw .tooExpensive
        }
        worked += amount
    }

    /// A tenth for every byte examined, at least one.
    mutating func work(bytes: Int) throws(RuleError) { try work(1 + bytes / 10) }

    /// Searching for `part` in `whole` takes time in proportion to the product of their lengths.
    mutating func work(searching whole: Int, for part: Int) throws(RuleError) {
        let (product, overflows) = (1 + whole / 10).multipliedReportingOverflow(by: 1 + part / 10)
        try work(overflows ? .max : product)
    }

    /// A quarter for every element of a list that is created.
    mutating func work(elements: Int) throws(RuleError) { try work(1 + elements / 4) }

    /// Literals are free in Kubernetes; here, large numbers of them are not.
    mutating func countLiteral() throws(RuleError) {
        literals &+= 1
        if literals & 15 == 0 { try work(1) }
    }

    /// For work that counts its steps: they cost a tenth each, and the work stops when they exceed the budget.
    var steps: Steps { Steps(limit: remaining.multipliedReportingOverflow(by: 10).partialValue) }

    mutating func work(_ steps: Steps) throws(RuleError) {
        try work(steps.isExhausted ? .max : 1 + steps.count / 10)
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
