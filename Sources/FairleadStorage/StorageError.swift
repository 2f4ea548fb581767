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
    /// A document, or the documents of a transaction together, take more room than one may.
    case tooLarge(ObjectKey, bytes: Int)
    /// The database has reached its quota: what takes more room is refused until there is some again.
    case spaceExceeded
    /// The store has been closed.
    case closed
}

extension StorageError {
    /// For a log.
    var explanation: String {
        switch self {
        case .io(let why), .corrupted(let why): why
        default: "\(self)"
        }
    }
}
