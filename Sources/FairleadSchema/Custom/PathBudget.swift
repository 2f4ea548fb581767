/// The budget for the column paths of one object. Consecutive descents (`..a..a..a`) visit the same values again and
/// again, and a definition may have thousands of columns.
package struct PathBudget: Sendable {
    package static let limit = 250_000

    package private(set) var remaining: Int

    /// - Parameter limit: how many values may be visited.
    package init(limit: Int = PathBudget.limit) { remaining = limit }

    package var isExhausted: Bool { remaining <= 0 }

    /// - Returns: false if the budget is used up.
    @discardableResult
    package mutating func take(_ steps: Int) -> Bool {
        remaining = steps < remaining ? remaining - steps : 0
        return remaining > 0
    }
}
