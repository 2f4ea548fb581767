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
    }

    private let known = Mutex<[ObjectName: Known]>([:])

    /// A budget without a selector covers no pods.
    func selector(of budget: StoredObject) -> LabelSelector {
        let (uid, generation) = (budget.value.uid, budget.value.generation)
        let found = known.withLock { $0[budget.objectName] }
        if let found, found.uid == uid, found.generation == generation { return found.selector }
        let selector = Selectors.of(budget.value) ?? .nothing
        known.withLock { $0[budget.objectName] = Known(uid: uid, generation: generation, selector: selector) }
        return selector
    }

    func forget(_ budget: ObjectName) { known.withLock { $0[budget] = nil } }
}
