import CFairleadAssets
import GRDB

/// One step of the schema: a file in `Migrations/`, applied once, in a transaction of its own.
package struct SQLiteMigration: Sendable {
    package var name: String
    package var sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    /// The steps compiled into this program, in the order of their names.
    package static func builtIn() -> [SQLiteMigration] {
        var migrations: [SQLiteMigration] = []
        for index in 0..<fairlead_asset_count {
            guard let asset = fairlead_asset_at(index)?.pointee, let name = asset.path, let bytes = asset.bytes else {
                continue
            }
            let path = String(cString: name)
            guard path.hasPrefix("Migrations/") else { continue }
            let sql = String(decoding: UnsafeBufferPointer(start: bytes, count: asset.length), as: UTF8.self)
            migrations.append(SQLiteMigration(name: path, sql: sql))
        }
        return migrations.sorted { $0.name < $1.name }
    }

    static func apply(_ migrations: [SQLiteMigration], to database: DatabaseQueue) throws {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { database in try database.execute(sql: migration.sql) }
        }
        try migrator.migrate(database)
    }
}
