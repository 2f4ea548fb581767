import FairleadKinds
import FairleadModel
import FairleadStorage

extension API {
    /// Carries out a write that is planned on a snapshot and committed on condition that the snapshot still holds,
    /// retrying on a newer one whenever another writer was faster. This is the one retry loop for create, update and
    /// delete.
    ///
    /// - Parameters:
    ///   - name: of the object, for errors; called after an attempt has failed.
    ///   - mayTryAgain: called when a condition on `key`, whose object is now `current`, did not hold. Usually
    ///     `hasMoved`: a condition that failed on the very state the plan was made from would fail forever.
    ///   - attempt: plans on the snapshot, and commits. A `StorageError` that it throws is handled here.
    /// - Throws: what the attempt throws, 409 for a conflict that is not retried, 500 for a storage failure.
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
