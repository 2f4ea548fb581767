import FairleadKinds
import FairleadModel
import FairleadStorage

extension API {
    /// Carries out a write that is planned on a state and committed on the condition that the state still holds: again on
    /// a newer one as long as somebody else was quicker. The one loop that create, update and delete have.
    ///
    /// - Parameters:
    ///   - name: of the object, for errors; asked after an attempt has failed.
    ///   - mayTryAgain: asked when a condition did not hold on `key`, which is `current` now. By default a condition that
    ///     fails on what the plan itself was made from is not tried again: it would fail for ever.
    ///   - attempt: plans on the snapshot, and commits. A `StorageError` that it throws is looked at here.
    /// - Throws: what the attempt throws, 409 for a conflict that is not tried again, 500 for storage that fails.
    func optimistically<Result>(
        _ kind: Kind, name: () -> String,
        mayTryAgain: (_ key: ObjectKey, _ current: StoredObject?, _ hasMoved: Bool) throws(APIStatus) -> Bool,
        _ attempt: (Snapshot) async throws -> Result
    ) async throws(APIStatus) -> Result {
        while true {
            let snapshot = store.current
            do {
                return try await attempt(snapshot)
            } catch let error as StorageError {
                guard case .conflict(let key, let current) = error,
                    try mayTryAgain(key, current, snapshot.object(key)?.revision != current?.revision)
                else {
                    throw error.status(kind.groupResource, name: name())
                }
            } catch let status as APIStatus {
                throw status
            } catch {
                throw .internalError(String(describing: error))
            }
        }
    }
}
