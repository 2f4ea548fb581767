package import FairleadModel

/// A durable, versioned map from keys to documents: the only interface to a database.
///
/// The engine checks conditions and assigns revisions, so that several processes could share one database. It keeps
/// every version until compaction removes it. `Store` calls it from one thread at a time.
package protocol StorageEngine: Sendable {
    /// Everything stored: the current objects, and the events after the compacted revision.
    func load() throws(StorageError) -> EngineState

    /// Carries out the transactions in order, makes them durable together, and returns the outcome of each: its (last)
    /// revision, or `.conflict`. A transaction sees the effects of those before it. Throws if nothing was stored.
    func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>]

    /// Removes versions that were already replaced or deleted at `revision`, at most about `limit` of them per call.
    /// - Returns: whether there is more to remove.
    func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool

    /// Whether data written now could be found again: nil, or why not and what to do. Costs microseconds.
    func findFault() -> String?

    /// How many bytes the database uses; nil if the engine cannot say.
    func usedBytes() throws(StorageError) -> Int64?

    /// Durably writes something that changes nothing, to find out whether writing is possible again.
    func probe() throws(StorageError)

    /// Removes traces of what compaction has removed. Called from time to time after `compact`.
    func tidy() throws(StorageError)

    /// Removes every version of the resource that was replaced or deleted. After a restart, the events up to `revision`
    /// are gone.
    func purge(_ resource: GroupResource, through revision: Int64) throws(StorageError)

    /// How many operations, and how many conditions, a transaction may have.
    var maximumOperations: Int { get }

    /// The directory that holds the database; nil if there is none.
    var folder: String? { get }

    /// Releases files and locks. No other call follows.
    func close()
}

/// Defaults for engines without files.
extension StorageEngine {
    package func findFault() -> String? { nil }
    package func usedBytes() throws(StorageError) -> Int64? { nil }
    package func probe() throws(StorageError) {}
    package func tidy() throws(StorageError) {}
    package func purge(_ resource: GroupResource, through revision: Int64) throws(StorageError) {}
    package var maximumOperations: Int { .max }
    package var folder: String? { nil }
}

/// What an engine holds when it is opened.
package struct EngineState: Sendable {
    package var revision: Int64
    /// Events at or before this revision are gone.
    package var compactedRevision: Int64
    package var objects: [EngineVersion]
    /// Sorted by revision, and within a revision in the order of the transaction. Empty if something is damaged:
    /// history would have gaps then, so watchers list again.
    package var history: [EngineEvent]
    /// What cannot be read; it appears nowhere else in the state.
    package var damaged: [DamagedVersion] = []
    /// How many versions are stored in another form than they would be written in now (`ValueTransformer`).
    package var staleValues = 0

    package init(
        revision: Int64, compactedRevision: Int64, objects: [EngineVersion] = [], history: [EngineEvent] = []
    ) {
        self.revision = revision
        self.compactedRevision = compactedRevision
        self.objects = objects
        self.history = history
    }
}

/// One stored version of one key.
package struct EngineVersion: Sendable {
    package var key: ObjectKey
    package var revision: Int64
    package var createRevision: Int64
    /// JSON with a gap for the revision (`Document`).
    package var bytes: [UInt8]
    package var revisionOffset: Int

    package init(key: ObjectKey, revision: Int64, createRevision: Int64, bytes: [UInt8], revisionOffset: Int) {
        self.key = key
        self.revision = revision
        self.createRevision = createRevision
        self.bytes = bytes
        self.revisionOffset = revisionOffset
    }

    /// The version as readers see it, its tree still to be decoded.
    var object: StoredObject {
        StoredObject(
            key: key, bytes: bytes, revisionOffset: revisionOffset, revision: revision, createRevision: createRevision)
    }
}

/// One change of one key.
package struct EngineEvent: Sendable {
    package var revision: Int64
    package var key: ObjectKey
    /// nil for a deletion.
    package var version: EngineVersion?
    package var previous: EngineVersion?
}

/// A stored version that differs from what this program wrote.
package struct DamagedVersion: Sendable, Hashable {
    /// Its key, as far as can be told.
    package var key: ObjectKey
    /// The revision that a condition on the key must give.
    package var revision: Int64
    package var reason: String
    /// Whether it is, or may be, the current version of the key: the key is then taken, and nobody can read its value.
    package var isCurrent: Bool
    /// Whether it is only encrypted with a key that is not at hand, and sound as far as is known.
    package var isSealed: Bool

    package init(key: ObjectKey, revision: Int64, reason: String, isCurrent: Bool, isSealed: Bool = false) {
        self.key = key
        self.revision = revision
        self.reason = reason
        self.isCurrent = isCurrent
        self.isSealed = isSealed
    }
}
