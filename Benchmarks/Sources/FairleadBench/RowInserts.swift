import Foundation
import GRDB

/// What it costs to store objects with the database alone: durable inserts of rows like the server's (`Migrations/`), so
/// many to a transaction as there are concurrent clients.
struct RowInserts {
    var directory: String
    var count: Int
    var rowsPerCommit: Int
    /// Of each document.
    var bytes: Int

    /// Inserted rows a second.
    func run() throws -> Double {
        let path = directory + "/rows-\(UUID()).sqlite"
        defer {
            // What is left of it is in a directory that the caller removes.
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // As the server has them: a log that is often begun again is flushed faster than one that grows.
            for setting in [
                "page_size = 8192", "locking_mode = EXCLUSIVE", "auto_vacuum = INCREMENTAL", "journal_mode = WAL",
                "wal_autocheckpoint = 100", "secure_delete = ON", "synchronous = FULL",
            ] {
                try database.execute(sql: "PRAGMA \(setting)")
            }
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        return try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    CREATE TABLE versions (
                        id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, resource TEXT NOT NULL,
                        namespace TEXT NOT NULL, name TEXT NOT NULL, create_revision INTEGER NOT NULL, previous INTEGER,
                        revision_offset INTEGER NOT NULL, document BLOB, checksum INTEGER)
                    """)
            let insert = try database.cachedStatement(
                sql: "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            let document = Data(repeating: UInt8(ascii: "a"), count: bytes)
            let start = ContinuousClock.now
            var row = 0
            while row < count {
                try database.inTransaction(.immediate) {
                    for _ in 0..<rowsPerCommit where row < count {
                        row += 1
                        try insert.execute(arguments: [
                            row, row, "configmaps", "bench", "b-\(row)", row, nil, 100, document, 0x0123_4567_89AB_CDEF,
                        ])
                    }
                    return .commit
                }
            }
            return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
        }
    }
}
