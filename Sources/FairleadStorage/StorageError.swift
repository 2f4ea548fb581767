package import FairleadModel

/// Errors below the API.
package enum StorageError: Error, Sendable {
    /// A condition of the transaction does not hold.
    case conflict(ObjectKey, current: StoredObject?)
    /// History before `oldest` is gone.
    case expired(requested: Int64, oldest: Int64)
    /// The revision has not been reached yet.
    case future(requested: Int64, current: Int64)
    /// What is on disk is not what this program wrote.
    case corrupted(String)
    /// The disk or the database failed; nothing of the transaction was stored.
    case io(String)
    /// A document is nested more deeply than stored documents may be.
    case tooDeep(ObjectKey)
    /// A document, or all documents of a transaction together, exceed the size limit.
    case tooLarge(ObjectKey, bytes: Int)
    /// The database has reached its quota: writes that need more room are refused until there is room again.
    case spaceExceeded
    /// The store has been closed.
    case closed
}

extension StorageError {
    /// The error in words, for people.
    package var explanation: String {
        switch self {
        case .io(let why), .corrupted(let why): why
        default: "\(self)"
        }
    }
}
