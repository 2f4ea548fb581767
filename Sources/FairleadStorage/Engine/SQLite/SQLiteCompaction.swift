import FairleadModel
import GRDB

/// Forgets old versions, a slice at a time.
enum SQLiteCompaction {
    /// A version is dropped when the one that replaced it is at or before `revision`; a deletion when it is itself.
    static func step(_ database: Database, through revision: Int64, limit: Int) throws -> Bool {
        let from = try Int64.fetchOne(database, sql: "SELECT compacted_version FROM state") ?? 0
        let slice = try Row.fetchAll(
            database,
            sql: """
                SELECT id, previous, document IS NULL, revision FROM versions
                WHERE id > ? AND revision <= ? ORDER BY id LIMIT ?
                """, arguments: [from, revision, limit])
        let drop = try database.cachedStatement(sql: "DELETE FROM versions WHERE id = ?")
        var last = from
        var reached = revision
        for row in slice {
            last = row[0]
            if slice.count == limit { reached = row[3] }
            if let previous: Int64 = row[1] { try drop.execute(arguments: [previous]) }
            if row[2] { try drop.execute(arguments: [last]) }
        }
        // A slice may end inside of a revision, whose events are then still needed together.
        let complete = slice.count == limit ? reached - 1 : revision
        try database.execute(
            sql: "UPDATE state SET compacted_version = ?, compacted_revision = max(compacted_revision, ?)",
            arguments: [last, complete])
        try database.execute(sql: "PRAGMA incremental_vacuum(64)")
        return slice.count == limit
    }
}
