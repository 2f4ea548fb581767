import GRDB

/// Checks that a file is a database of this program before anything in it is touched.
enum SQLiteIdentity {
    /// - Throws: `.io` for another program's database, and for one made by a later version of this program.
    static func check(_ database: Database, path: String?, migrations: [SQLiteMigration]) throws {
        let file = path.map { "the database \($0)" } ?? "the database"
        let tables = try String.fetchAll(
            database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        if tables.isEmpty { return }
        guard tables.contains("grdb_migrations") else { throw foreign(file, tables) }
        let applied = try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
        guard applied.isEmpty || migrations.contains(where: { applied.contains($0.name) }) else {
            throw foreign(file, tables)
        }
        let names = Set(migrations.map(\.name))
        if let later = applied.first(where: { !names.contains($0) }) {
            throw StorageError.io(
                "\(file) was made by a later version of this program (it has \(later)): use that version, or choose another "
                    + "--data")
        }
    }

    /// - Throws: `.corrupted` for a database of this program that lacks a table.
    static func checkTables(_ database: Database) throws {
        let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        guard tables.contains("grdb_migrations") else { return }
        if try Int.fetchOne(database, sql: "SELECT count(*) FROM grdb_migrations") == 0 { return }
        for wanted in ["versions", "state"] where !tables.contains(wanted) {
            throw SQLiteLoading.broken("it has no table \(wanted)")
        }
    }

    private static func foreign(_ file: String, _ tables: [String]) -> StorageError {
        .io(
            "\(file) belongs to another program (it has the tables \(tables.prefix(5).joined(separator: ", "))): "
                + "choose another --data")
    }
}
