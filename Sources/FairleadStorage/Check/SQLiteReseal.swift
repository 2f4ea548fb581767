import FairleadModel
import GRDB

/// Writes every stored version that is not in today's form anew: history as well as what is current, so that nothing
/// of the old form remains in the file or beside it.
///
/// The file must not be open elsewhere. It may be interrupted: each step is a transaction, and the next run goes on.
package struct SQLiteReseal {
    package private(set) var rewritten = 0
    /// Versions that were in that form already, those that are not transformed among them.
    package private(set) var untouched = 0
    /// Versions that cannot be read, by the reason. They stay as they are.
    package private(set) var unreadable: [String: Int] = [:]

    private static let step: Int64 = 200

    /// - Throws: `.io` or `.corrupted` for a file that cannot be opened or written.
    package init(
        path: String, values: any ValueTransformer, migrations: [SQLiteMigration] = SQLiteMigration.builtIn()
    ) throws(StorageError) {
        let queue = try SQLiteEngine.openForWriting(path, migrations: migrations)
        // A close that fails leaves the file as a crash would: the next start recovers it.
        defer { try? queue.close() }
        do {
            var last: Int64? = .min
            while let from = last { last = try queue.write { try reseal($0, after: from, values) } }
            // Deleted content has been overwritten in the file; the log still holds what it replaced.
            _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch {
            throw SQLiteEngine.explain(error, path: path)
        }
    }

    /// - Returns: the last row that was looked at; nil at the end.
    private mutating func reseal(_ database: Database, after: Int64, _ values: any ValueTransformer) throws -> Int64? {
        let slice = SQLiteRowStatement(
            try database.cachedStatement(
                sql: "SELECT \(VersionRow.columns) FROM versions WHERE id > ? ORDER BY id LIMIT ?"))
        var rows: [VersionRow] = []
        try slice.forEach {
            try $0.bind(1, after)
            try $0.bind(2, Self.step)
        } _: {
            rows.append(VersionRow($0))
            return true
        }
        let update = SQLiteRowStatement(
            try database.cachedStatement(sql: "UPDATE versions SET document = ?, checksum = ? WHERE id = ?"))
        for var row in rows {
            do throws(UnreadableValue) {
                guard row.fault == nil else {
                    // Whatever it says may be in the clear, and stays so.
                    throw UnreadableValue("it is damaged: see fairlead check")
                }
                guard let opened = try row.opened(values), opened.isStale else {
                    untouched += 1
                    continue
                }
                row.document = opened.document
            } catch {
                unreadable[error.reason, default: 0] += 1
                continue
            }
            if let clear = row.document { row.document = try values.seal(clear, of: row.key) }
            try update.run {
                try $0.bind(1, row.document)
                try $0.bind(2, row.expectedChecksum)
                try $0.bind(3, row.id)
            }
            rewritten += 1
        }
        return rows.last?.id
    }
}
