import FairleadModel
import GRDB

/// Carries out the transactions of one batch inside one SQLite transaction.
struct SQLiteWriter {
    private let insert: SQLiteRowStatement
    private let state: SQLiteRowStatement
    /// The revision recorded by the last row.
    private var written: Int64
    private let values: any ValueTransformer
    /// The text of a resource is computed once per batch.
    private var texts: [GroupResource: String] = [:]

    init(_ database: Database, revision: Int64, values: any ValueTransformer) throws {
        written = revision
        self.values = values
        insert = SQLiteRowStatement(
            try database.cachedStatement(sql: "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        state = SQLiteRowStatement(try database.cachedStatement(sql: "UPDATE state SET revision = ?"))
    }

    mutating func carryOut(
        _ transaction: Transaction, _ heads: inout SQLiteHeads
    ) throws -> Result<Int64, StorageError> {
        for condition in transaction.conditions where (heads[condition.key]?.revision ?? 0) != condition.revision {
            return .failure(.conflict(condition.key, current: nil))
        }
        let last = heads.revision + transaction.revisionCount
        for (index, operation) in transaction.operations.enumerated() {
            heads.revision = transaction.revision(ofOperation: index, last: last)
            switch operation {
            case .put(let key, let document): try put(key, document, &heads)
            case .delete(let key): try delete(key, &heads)
            }
        }
        heads.revision = last
        return .success(last)
    }

    /// Updates the state row only if the last version does not record the revision already: it would cost every commit
    /// another page.
    func finish(at revision: Int64) throws {
        if revision != written { try state.run { try $0.bind(1, revision) } }
    }

    private mutating func put(_ key: ObjectKey, _ document: Document, _ heads: inout SQLiteHeads) throws {
        let old = heads[key]
        let created = old?.createRevision ?? heads.revision
        try addVersion(of: key, created: created, previous: old?.version, document, &heads)
        heads.set(
            key,
            SQLiteHeads.Head(version: heads.lastVersion, revision: heads.revision, createRevision: created))
    }

    private mutating func delete(_ key: ObjectKey, _ heads: inout SQLiteHeads) throws {
        guard let old = heads[key] else { return }
        try addVersion(of: key, created: old.createRevision, previous: old.version, nil, &heads)
        heads.set(key, nil)
    }

    private mutating func addVersion(
        of key: ObjectKey, created: Int64, previous: Int64?, _ document: Document?,
        _ heads: inout SQLiteHeads
    ) throws {
        heads.lastVersion += 1
        written = heads.revision
        let version = VersionRow(
            id: heads.lastVersion, revision: heads.revision, resource: text(of: key.resource),
            namespace: key.namespace, name: key.name, createRevision: created, previous: previous,
            revisionOffset: Int64(document?.revisionOffset ?? 0),
            document: try document.map { try values.seal($0.bytes, of: key) })
        try insert.run { row in try version.bind(to: row, checksum: version.expectedChecksum) }
    }

    private mutating func text(of resource: GroupResource) -> String {
        if let text = texts[resource] { return text }
        let text = resource.storageText
        texts[resource] = text
        return text
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
