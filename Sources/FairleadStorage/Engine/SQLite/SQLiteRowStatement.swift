import GRDB
import GRDBSQLite

/// A prepared statement driven directly: a put must not pay for boxing each argument and copying each document.
///
/// Valid only during the database access that made it. It stores no handle of its own: `Statement` finalizes the handle
/// when it is deallocated, and the optimizer may release an object right after its last use; using a copied pointer
/// does not count as such a use. Each method borrows the handle for as long as it holds the statement.
struct SQLiteRowStatement {
    private let statement: Statement

    init(_ statement: Statement) { self.statement = statement }

    /// The only access to the handle.
    @inline(__always)
    private func withHandle<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(statement) { try body(statement.sqliteStatement) }
    }

    func bind(_ index: Int32, _ value: Int64?) throws {
        try withHandle { handle in
            try check(value.map { sqlite3_bind_int64(handle, index, $0) } ?? sqlite3_bind_null(handle, index))
        }
    }

    func bind(_ index: Int32, _ text: String) throws {
        var text = text
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                withHandle { handle in
                    sqlite3_bind_text64(
                        handle, index, characters.baseAddress, UInt64(characters.count), Self.transient,
                        UInt8(SQLITE_UTF8))
                }
            }
        }
        try check(code)
    }

    func bind(_ index: Int32, _ bytes: [UInt8]?) throws {
        guard let bytes else { return try check(withHandle { sqlite3_bind_null($0, index) }) }
        let code = bytes.withUnsafeBytes { bytes in
            withHandle { handle in
                // A null pointer would bind NULL, which is not an empty document.
                bytes.isEmpty
                    ? sqlite3_bind_zeroblob(handle, index, 0)
                    : sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), Self.transient)
            }
        }
        try check(code)
    }

    /// Binds, runs to completion, and resets the statement for its next use.
    func run(_ bind: (SQLiteRowStatement) throws -> Void) throws {
        try forEach(bind) { _ in true }
    }

    /// Calls `body` for each row until it returns false.
    func forEach(_ bind: (SQLiteRowStatement) throws -> Void, _ body: (SQLiteRowStatement) throws -> Bool) throws {
        try withHandle { handle in
            defer { sqlite3_reset(handle) }
            try bind(self)
            while true {
                switch sqlite3_step(handle) {
                case SQLITE_ROW: if try !body(self) { return }
                case SQLITE_DONE: return
                case let code: throw failure(code)
                }
            }
        }
    }

    func isNull(_ column: Int32) -> Bool { withHandle { sqlite3_column_type($0, column) == SQLITE_NULL } }
    func integer(_ column: Int32) -> Int64 { withHandle { sqlite3_column_int64($0, column) } }

    func text(_ column: Int32) -> String {
        withHandle { handle in
            // The text must be read before its length: SQLite may have to convert it, which changes the length.
            guard let start = sqlite3_column_text(handle, column) else { return "" }
            let count = Int(sqlite3_column_bytes(handle, column))
            return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        }
    }

    func bytes(_ column: Int32) -> [UInt8] {
        withHandle { handle in
            guard let start = sqlite3_column_blob(handle, column) else { return [] }
            return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
        }
    }

    /// Tells SQLite to make its own copy: cheaper than the bookkeeping to keep our bytes in place.
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private func check(_ code: Int32) throws { if code != SQLITE_OK { throw failure(code) } }

    private func failure(_ code: Int32) -> DatabaseError {
        withHandle { handle in
            DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: sqlite3_errmsg(sqlite3_db_handle(handle)).map { String(cString: $0) })
        }
    }
}
