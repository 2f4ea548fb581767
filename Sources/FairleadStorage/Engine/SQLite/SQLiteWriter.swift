import Foundation
import FairleadModel
import GRDB

/// Carries out the transactions of one batch inside one SQLite transaction.
struct SQLiteWriter {
    /// What is known of a key that the batch has touched.
    private struct Head {
        /// Row of the current version; nil if the key is absent.
        var version: Int64?
        var revision: Int64
        var createRevision: Int64
    }

    private let select: Statement
    private let insert: Statement
    private let upsert: Statement
    private let remove: Statement
    private let database: Database
    private var revision: Int64
    private var heads: [ObjectKey: Head] = [:]

    init(_ database: Database) throws {
        self.database = database
        select = try database.cachedStatement(
            sql: "SELECT version, revision, create_revision FROM objects WHERE resource = ? AND namespace = ? AND name = ?")
        insert = try database.cachedStatement(
            sql: """
                INSERT INTO versions (revision, resource, namespace, name, create_revision, previous, revision_offset, document)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        upsert = try database.cachedStatement(
            sql: """
                INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET version = excluded.version, revision = excluded.revision,
                    create_revision = excluded.create_revision
                """)
        remove = try database.cachedStatement(
            sql: "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?")
        let state = try database.cachedStatement(sql: "SELECT revision FROM state")
        revision = try Int64.fetchOne(state) ?? 1
    }

    mutating func carryOut(_ transaction: Transaction) throws -> Result<Int64, StorageError> {
        for condition in transaction.conditions where try head(condition.key).revision != condition.revision {
            return .failure(.conflict(condition.key, current: nil))
        }
        revision += 1
        for operation in transaction.operations {
            switch operation {
            case .put(let key, let document): try put(key, document)
            case .delete(let key): try delete(key)
            }
        }
        return .success(revision)
    }

    func finish() throws {
        let statement = try database.cachedStatement(sql: "UPDATE state SET revision = ?")
        try statement.execute(arguments: [revision])
    }

    private mutating func put(_ key: ObjectKey, _ document: Document) throws {
        let old = try head(key)
        let created = old.version == nil ? revision : old.createRevision
        let resource = key.resource.storageText
        let blob = document.bytes.withUnsafeBytes { Data($0) }
        try insert.execute(
            arguments: [
                revision, resource, key.namespace, key.name, created, old.version, document.revisionOffset, blob,
            ])
        let version = database.lastInsertedRowID
        try upsert.execute(arguments: [resource, key.namespace, key.name, version, revision, created])
        heads[key] = Head(version: version, revision: revision, createRevision: created)
    }

    private mutating func delete(_ key: ObjectKey) throws {
        let old = try head(key)
        guard old.version != nil else { return }
        let resource = key.resource.storageText
        try insert.execute(
            arguments: [revision, resource, key.namespace, key.name, old.createRevision, old.version, 0, nil])
        try remove.execute(arguments: [resource, key.namespace, key.name])
        heads[key] = Head(version: nil, revision: 0, createRevision: 0)
    }

    private mutating func head(_ key: ObjectKey) throws -> Head {
        if let known = heads[key] { return known }
        let row = try Row.fetchOne(select, arguments: [key.resource.storageText, key.namespace, key.name])
        let head = row.map { Head(version: $0[0], revision: $0[1], createRevision: $0[2]) }
            ?? Head(version: nil, revision: 0, createRevision: 0)
        heads[key] = head
        return head
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
