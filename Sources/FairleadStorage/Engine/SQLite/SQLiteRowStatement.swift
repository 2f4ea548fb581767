import GRDB
import GRDBSQLite

/// A prepared statement driven directly: a put must not pay for boxing each argument and copying each document.
///
/// Valid only while the database access that made it lasts.
struct SQLiteRowStatement {
    private let handle: OpaquePointer
    /// Keeps the handle alive.
    private let statement: Statement

    init(_ statement: Statement) {
        self.statement = statement
        handle = statement.sqliteStatement
    }

    func bind(_ index: Int32, _ value: Int64?) {
        if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                _ = sqlite3_bind_text(handle, index, characters.baseAddress, Int32(characters.count), Self.transient)
            }
        }
    }

    func bind(_ index: Int32, _ bytes: [UInt8]?) {
        guard let bytes else {
            _ = sqlite3_bind_null(handle, index)
            return
        }
        bytes.withUnsafeBytes { bytes in
            _ = sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), Self.transient)
        }
    }

    /// Binds, runs to the end, and makes the statement ready for the next time.
    func run(_ bind: (SQLiteRowStatement) -> Void) throws {
        bind(self)
        var code = sqlite3_step(handle)
        while code == SQLITE_ROW { code = sqlite3_step(handle) }
        sqlite3_reset(handle)
        if code != SQLITE_DONE { throw failure(code) }
    }

    /// Calls `body` for each row until it returns false.
    func forEach(_ bind: (SQLiteRowStatement) -> Void, _ body: (SQLiteRowStatement) throws -> Bool) throws {
        defer { sqlite3_reset(handle) }
        bind(self)
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: if try !body(self) { return }
            case SQLITE_DONE: return
            case let code: throw failure(code)
            }
        }
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func text(_ column: Int32) -> String {
        // The text is asked for first: it may have to be converted, which decides the length.
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// SQLite makes a copy of its own: cheaper than the bookkeeping that would keep ours in place.
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: sqlite3_errmsg(sqlite3_db_handle(handle)).map { String(cString: $0) })
    }
}
