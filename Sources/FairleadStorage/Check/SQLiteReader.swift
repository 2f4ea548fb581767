import Foundation
import GRDB

/// Reads whatever can be read of a file that may be damaged.
enum SQLiteReader {
    /// Opens the file for reading only: neither it nor its log is changed.
    static func read<Result>(_ path: String, _ body: (Database) throws -> Result) throws -> Result {
        var configuration = Configuration()
        configuration.label = "fairlead check"
        configuration.readonly = true
        // Otherwise a truncated file would be refused as a whole.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA writable_schema = ON") }
        // A reader has to create a WAL, which stays empty, and its index.
        let made = [path + "-wal", path + "-shm"].filter { !FileManager.default.fileExists(atPath: $0) }
        defer {
            // Left behind, they would do no harm.
            for file in made { try? FileManager.default.removeItem(atPath: file) }
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // The same applies to a close that fails: what was read has been read.
        defer { try? queue.close() }
        return try queue.read(body)
    }

    /// Calls `body` for every version that can be reached, in row order: from the front, and where that breaks off,
    /// from the back.
    ///
    /// - Returns: whether that was all of them.
    static func everyRow(_ database: Database, _ body: (VersionRow) throws -> Void) throws -> Bool {
        let columns = try VersionRow.columns(in: database)
        var last: Int64 = .min
        var isFirst = true
        do {
            let forward = SQLiteRowStatement(
                try database.makeStatement(sql: "SELECT \(columns) FROM versions ORDER BY id"))
            try forward.forEach({ _ in }) { statement in
                let row = VersionRow(statement)
                // A broken tree may lead back to rows already visited.
                guard isFirst || row.id > last else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
                isFirst = false
                last = row.id
                try body(row)
                return true
            }
            return true
        } catch let error as DatabaseError where error.resultCode.primaryResultCode == .SQLITE_CORRUPT {
            for row in try rowsFromTheBack(database, columns, after: last) { try body(row) }
            return false
        }
    }

    private static func rowsFromTheBack(
        _ database: Database, _ columns: String, after last: Int64
    ) throws -> [VersionRow] {
        var rows: [VersionRow] = []
        do {
            let backward = SQLiteRowStatement(
                try database.makeStatement(sql: "SELECT \(columns) FROM versions ORDER BY id DESC"))
            try backward.forEach({ _ in }) { statement in
                let row = VersionRow(statement)
                guard row.id > last, row.id < rows.last?.id ?? .max else { return false }
                rows.append(row)
                return true
            }
        } catch let error as DatabaseError where error.resultCode.primaryResultCode == .SQLITE_CORRUPT {
            // It breaks off from this side too: what lies between is lost.
        }
        return rows.reversed()
    }
}
