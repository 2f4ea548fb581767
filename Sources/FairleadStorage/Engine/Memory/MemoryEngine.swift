import FairleadModel
import Synchronization

/// An engine whose data lives only as long as the process: the reference for the contract tests.
package final class MemoryEngine: StorageEngine {
    private struct State {
        var revision = MemoryEngine.firstRevision
        var versions: [ObjectKey: Int64] = [:]
    }

    /// Revision 1 is older than everything, so a client that asks for it is told that it has expired.
    static let firstRevision: Int64 = 2

    private let state = Mutex(State())

    package init() {}

    package func load() throws(StorageError) -> EngineState {
        EngineState(revision: Self.firstRevision, compactedRevision: Self.firstRevision)
    }

    package func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>] {
        state.withLock { state in
            batch.map { transaction in
                for condition in transaction.conditions
                where state.versions[condition.key, default: 0] != condition.revision {
                    return .failure(.conflict(condition.key, current: nil))
                }
                state.revision += transaction.revisionCount
                for (index, operation) in transaction.operations.enumerated() {
                    let revision = transaction.revision(ofOperation: index, last: state.revision)
                    switch operation {
                    case .put(let key, _): state.versions[key] = revision
                    case .delete(let key): state.versions[key] = nil
                    }
                }
                return .success(state.revision)
            }
        }
    }

    package func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool { false }

    package func close() {}
}
