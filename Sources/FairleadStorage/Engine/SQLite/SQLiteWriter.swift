import FairleadModel
import GRDB

/// Carries out the transactions of one batch inside one SQLite transaction.
///
/// What it changes is kept apart from the engine's heads until the batch is durable: a batch that fails leaves no
/// trace.
struct SQLiteWriter {
    /// What a batch did, to be adopted once it is durable.
    struct Changes {
        var revision: Int64
        var lastVersion: Int64
        /// nil for a key that the batch has deleted.
        var heads: [ObjectKey: SQLiteHeads.Head?] = [:]
    }

    private let heads: SQLiteHeads
    private let insert: SQLiteRowStatement
    private let state: SQLiteRowStatement
    private var changes: Changes
    /// The revision that the last row says.
    private var written: Int64
    /// The text of a resource is worked out once in a batch.
    private var texts: [GroupResource: String] = [:]

    init(_ database: Database, heads: SQLiteHeads) throws {
        self.heads = heads
        changes = Changes(revision: heads.revision, lastVersion: heads.lastVersion)
        written = heads.revision
        insert = SQLiteRowStatement(
            try database.cachedStatement(sql: "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        state = SQLiteRowStatement(try database.cachedStatement(sql: "UPDATE state SET revision = ?"))
    }

    mutating func carryOut(_ transaction: Transaction) throws -> Result<Int64, StorageError> {
        for condition in transaction.conditions where (head(condition.key)?.revision ?? 0) != condition.revision {
            return .failure(.conflict(condition.key, current: nil))
        }
        let last = changes.revision + transaction.revisionCount
        for (index, operation) in transaction.operations.enumerated() {
            changes.revision = transaction.revision(ofOperation: index, last: last)
            switch operation {
            case .put(let key, let document): try put(key, document)
            case .delete(let key): try delete(key)
            }
        }
        changes.revision = last
        return .success(last)
    }

    /// The state row is written only where the last version does not say the revision: it would be a page more in
    /// every commit.
    func finish() throws -> Changes {
        if changes.revision != written { try state.run { $0.bind(1, changes.revision) } }
        return changes
    }

    private mutating func put(_ key: ObjectKey, _ document: Document) throws {
        let old = head(key)
        let created = old?.createRevision ?? changes.revision
        try addVersion(of: key, created: created, previous: old?.version, document)
        let head = SQLiteHeads.Head(
            version: changes.lastVersion, revision: changes.revision, createRevision: created)
        changes.heads[key] = .some(head)
    }

    private mutating func delete(_ key: ObjectKey) throws {
        guard let old = head(key) else { return }
        try addVersion(of: key, created: old.createRevision, previous: old.version, nil)
        changes.heads[key] = .some(nil)
    }

    private mutating func addVersion(
        of key: ObjectKey, created: Int64, previous: Int64?, _ document: Document?
    ) throws {
        changes.lastVersion += 1
        written = changes.revision
        let resource = text(of: key.resource)
        try insert.run { row in
            row.bind(1, changes.lastVersion)
            row.bind(2, changes.revision)
            row.bind(3, resource)
            row.bind(4, key.namespace)
            row.bind(5, key.name)
            row.bind(6, created)
            row.bind(7, previous)
            row.bind(8, Int64(document?.revisionOffset ?? 0))
            row.bind(9, document?.bytes)
        }
    }

    private func head(_ key: ObjectKey) -> SQLiteHeads.Head? {
        if let changed = changes.heads[key] { return changed }
        return heads.current[key]
    }

    private mutating func text(of resource: GroupResource) -> String {
        if let text = texts[resource] { return text }
        let text = resource.storageText
        texts[resource] = text
        return text
    }
}

extension SQLiteHeads {
    /// Takes over what a batch did.
    mutating func adopt(_ changes: SQLiteWriter.Changes) {
        for (key, head) in changes.heads { current[key] = head }
        revision = changes.revision
        lastVersion = changes.lastVersion
    }
}

extension GroupResource {
    /// How the database names a resource; no resource has a dot in its name.
    var storageText: String { description }

    init(storageText text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        self.init(group: parts.count == 2 ? String(parts[1]) : "", resource: String(parts.first ?? ""))
    }
}
