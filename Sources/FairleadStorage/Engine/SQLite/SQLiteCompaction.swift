import FairleadModel
import GRDB

/// Forgets old versions, a slice at a time.
enum SQLiteCompaction {
    /// Pages given back to the file system in one slice.
    private static let vacuumPages: Int64 = 128
    /// Free pages that are kept for later writes: at least this many, or an eighth of the file.
    private static let sparePages: Int64 = 256

    /// A version is dropped when the one that replaced it is at or before `revision`; a deletion when it is itself at
    /// or before `revision`. History after that revision needs neither.
    ///
    /// - Returns: whether there is more to do.
    static func step(
        _ database: Database, through revision: Int64, limit: Int, damaged: DamagedRows = DamagedRows()
    ) throws -> Bool {
        let from = try Int64.fetchOne(database, sql: "SELECT compacted_version FROM state") ?? 0
        // The loop ends the slice itself: with a condition on the revision, SQLite would scan all of the younger
        // history to find nothing.
        let slice = SQLiteRowStatement(
            try database.cachedStatement(
                sql: "SELECT id, revision, previous, document IS NULL FROM versions WHERE id > ? ORDER BY id LIMIT ?"))
        var doomed: [Int64] = []
        var last = from
        var reached: Int64 = 0
        var count = 0
        try slice.forEach { row in
            try row.bind(1, from)
            try row.bind(2, Int64(limit))
        } _: { row in
            // A damaged row's claims about other rows must not be acted upon.
            if damaged.contains(row.integer(0)) {
                count += 1
                last = row.integer(0)
                return true
            }
            guard row.integer(1) <= revision else { return false }
            count += 1
            last = row.integer(0)
            reached = row.integer(1)
            if !row.isNull(2) { doomed += damaged.goingWith(row.integer(2)) }
            if row.integer(3) != 0 { doomed.append(last) }
            return true
        }
        let drop = SQLiteRowStatement(try database.cachedStatement(sql: "DELETE FROM versions WHERE id = ?"))
        for version in doomed { try drop.run { try $0.bind(1, version) } }
        // A slice that ends in the middle of a revision leaves that revision's events incomplete: all of them count as
        // gone.
        let isFull = count == limit
        try database.execute(
            sql: """
                UPDATE state SET compacted_version = ?, compacted_revision = max(compacted_revision, ?),
                    revision = max(revision, ?)
                """,
            arguments: [last, isFull ? reached : revision, revision])
        return try vacuum(database) || isFull
    }

    /// Returns free pages to the file system; returns whether many are left.
    private static func vacuum(_ database: Database) throws -> Bool {
        let free = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let surplus = free - max(sparePages, pages / 8)
        guard surplus > 0 else { return false }
        try SQLiteRowStatement(database.makeStatement(sql: "PRAGMA incremental_vacuum(\(min(surplus, vacuumPages)))"))
            .run { _ in }
        return surplus > vacuumPages
    }
}
