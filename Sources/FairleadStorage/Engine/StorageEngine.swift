package import FairleadModel

/// A durable, versioned map from keys to documents. The only face of a database here.
///
/// An engine decides about conditions and gives out revisions, so that more than one process may share one. It keeps
/// every version until compaction takes it. `Store` calls it from one thread at a time.
package protocol StorageEngine: Sendable {
    /// Everything that is there: the current objects, and what happened after the compacted revision.
    func load() throws(StorageError) -> EngineState

    /// Carries out the transactions in order, makes them durable together, and returns what became of each: its
    /// (last) revision, or `.conflict`. A transaction sees what those before it did. Throws if nothing was stored.
    func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>]

    /// Forgets versions that had been replaced or deleted at `revision`, at most about `limit` of them in one go.
    /// - Returns: whether there is more to forget.
    func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool

    /// Whether what is written could be found again: nil, or why not and what to do. Costs microseconds.
    func findFault() -> String?

    /// The bytes that the database takes; nil where there is no such thing.
    func usedBytes() throws(StorageError) -> Int64?

    /// Writes something that changes nothing, durably: to learn whether writing is possible again.
    func probe() throws(StorageError)

    /// Removes traces of what compaction has taken. Called from time to time after `compact`.
    func tidy() throws(StorageError)

    /// Removes every version of the resource that was replaced or deleted. What happened up to `revision` cannot be told
    /// after a restart any more.
    func purge(_ resource: GroupResource, through revision: Int64) throws(StorageError)

    /// The directory that the database lives in, if it does.
    var folder: String? { get }

    /// Gives up files and locks. No other call follows.
    func close()
}

/// What an engine without files may leave out.
extension StorageEngine {
    package func findFault() -> String? { nil }
    package func usedBytes() throws(StorageError) -> Int64? { nil }
    package func probe() throws(StorageError) {}
    package func tidy() throws(StorageError) {}
    package func purge(_ resource: GroupResource, through revision: Int64) throws(StorageError) {}
    package var folder: String? { nil }
}

/// What an engine holds when it is opened.
package struct EngineState: Sendable {
    package var revision: Int64
    /// Events at or before this revision are gone.
    package var compactedRevision: Int64
    package var objects: [EngineVersion]
    /// In order of revision, and within one in the order of the transaction. Empty when something is damaged: what
    /// happened cannot be told without a gap then, and whoever watched lists again.
    package var history: [EngineEvent]
    /// What cannot be read, in no other part of the state.
    package var damaged: [DamagedVersion] = []

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

/// A stored version that is not what this program wrote.
package struct DamagedVersion: Sendable, Hashable {
    /// Where it is, as far as can be told.
    package var key: ObjectKey
    /// What a condition about the key has to say.
    package var revision: Int64
    package var reason: String
    /// Whether it is, or may be, the current version of the key: the key is taken, and nobody can read what it holds.
    package var isCurrent: Bool

    package init(key: ObjectKey, revision: Int64, reason: String, isCurrent: Bool) {
        self.key = key
        self.revision = revision
        self.reason = reason
        self.isCurrent = isCurrent
    }
}
