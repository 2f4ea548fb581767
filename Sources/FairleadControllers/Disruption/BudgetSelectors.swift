import FairleadClient
import FairleadModel
import Synchronization

/// The selectors of PodDisruptionBudgets, parsed once for each generation: a selector may have a hundred thousand values,
/// and every change of a pod is compared with it.
final class BudgetSelectors: Sendable {
    private struct Known: Sendable {
        var uid: String
        var generation: Int64
        var selector: LabelSelector

        func isOf(_ budget: Value) -> Bool { uid == budget.uid && generation == budget.generation }
    }

    private let known = Mutex<[ObjectName: Known]>([:])

    /// Follows the budgets. Only this remembers anything, in the order of their changes, so that nothing is kept of a
    /// budget that is gone.
    func note(_ change: ObjectChange) {
        guard let budget = change.new?.value else {
            known.withLock { $0[change.name] = nil }
            return
        }
        if known.withLock({ $0[change.name] })?.isOf(budget) ?? false { return }
        let new = Known(uid: budget.uid, generation: budget.generation, selector: Self.parsed(budget))
        known.withLock { $0[change.name] = new }
    }

    func selector(of budget: StoredObject) -> LabelSelector {
        let found = known.withLock { $0[budget.objectName] }
        if let found, found.isOf(budget.value) { return found.selector }
        // Its change has not been delivered yet.
        return Self.parsed(budget.value)
    }

    /// A budget without a selector covers no pods.
    private static func parsed(_ budget: Value) -> LabelSelector { Selectors.of(budget) ?? .nothing }
}
