package import FairleadModel

/// What can go wrong below the API.
package enum StorageError: Error, Sendable {
    /// A condition of the transaction does not hold.
    case conflict(ObjectKey, current: StoredObject?)
    /// History before `oldest` is gone.
    case expired(requested: Int64, oldest: Int64)
    /// That revision is still to come.
    case future(requested: Int64, current: Int64)
    /// What is on disk is not what this program wrote.
    case corrupted(String)
    /// The disk or the database failed; nothing of the transaction was stored.
    case io(String)
    /// A document nests deeper than what is stored may.
    case tooDeep(ObjectKey)
    /// The store has been closed.
    case closed
}
