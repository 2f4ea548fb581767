import Dispatch
import Synchronization

/// Frees the decoded trees of versions that only history still has. Whoever compares a version with the one before it
/// does so at once; a watcher that resumes later sends bytes, or decodes again.
final class HistoryTrees: Sendable {
    private struct State {
        /// The revision through which trees are gone.
        var released: Int64 = 0
        /// The current revision when the clock ticked last.
        var ticked: Int64 = 0
    }

    private let state = Mutex(State())

    /// Frees the trees of versions that had been replaced at the tick before this one.
    func tick(_ store: Store) {
        let (after, through) = state.withLock { state in
            let range = (state.released, state.ticked)
            state = State(released: state.ticked, ticked: store.current.revision)
            return range
        }
        guard through > after else { return }
        // Not the writer's thread: freeing takes its time, and nobody waits for it.
        DispatchQueue.global(qos: .utility).async { store.releaseTrees(after: after, through: through) }
    }
}
