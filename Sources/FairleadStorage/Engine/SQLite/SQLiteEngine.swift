package import FairleadModel
import GRDB
import Synchronization

/// The embedded engine: one SQLite file, owned by one process.
///
/// WAL with `synchronous=FULL`: a commit that has returned survives a power cut. The schema is in `Migrations/`. What is
/// deleted is overwritten, so that Secrets do not stay in the file.
package final class SQLiteEngine: StorageEngine {
    private let database: DatabaseQueue
    /// nil for a database in memory.
    private let file: DatabaseFile?
    private let log: FileIdentity?
    private let metrics: StoreMetrics
    /// nil until they have been loaded.
    private let heads = Mutex<SQLiteHeads?>(nil)
    private let damagedRows = Mutex(DamagedRows())

    /// Opens the file, making it and its schema if need be; nil for a database in memory.
    ///
    /// - Parameters:
    ///   - migrations: the schema's steps, in order.
    ///   - metrics: where it counts how long the log takes to be written.
    /// - Throws: `.io` with what to do about it, for a file that cannot be opened or that another process has open.
    package init(
        path: String?, migrations: [SQLiteMigration], metrics: StoreMetrics = StoreMetrics()
    ) throws(StorageError) {
        self.metrics = metrics
        if let path { file = try DatabaseFile(path) } else { file = nil }
        database = try Self.openForWriting(file?.path, migrations: migrations)
        log = file?.openedLog()
    }

    static func openForWriting(_ path: String?, migrations: [SQLiteMigration]) throws(StorageError) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "fairlead"
        configuration.prepareDatabase { database in
            // Of a new file only. Pages twice as large as usual hold four small objects: fewer are written in a commit.
            try database.execute(sql: "PRAGMA page_size = 8192")
            // The lock keeps a second process out; with it WAL needs no shared memory.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            // Before anything is written.
            try SQLiteIdentity.check(database, migrations: migrations)
            try SQLiteIdentity.checkTables(database)
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // A checkpoint holds up the commit that reaches it: small ones cost no more in all, and nobody waits long.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 100")
            try database.execute(sql: "PRAGMA journal_size_limit = 16777216")
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        do {
            let database =
                try path.map { try DatabaseQueue(path: $0, configuration: configuration) }
                ?? DatabaseQueue(configuration: configuration)
            try SQLiteMigration.apply(migrations, to: database)
            return database
        } catch {
            throw explain(error, path: path)
        }
    }

    package func load() throws(StorageError) -> EngineState {
        do {
            let loaded = try database.read { database in try SQLiteLoading(database) }
            if loaded.mustBeNoted { try database.write { try loaded.note(in: $0) } }
            heads.withLock { $0 = loaded.heads }
            damagedRows.withLock { $0 = loaded.damagedRows }
            return loaded.state
        } catch {
            throw Self.explain(error, path: nil)
        }
    }

    package func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>] {
        if heads.withLock({ $0 == nil }) { _ = try load() }
        // Taken out, so that the changes are made in place.
        guard var known = heads.withLock({ exchange(&$0, with: nil) }) else { throw .closed }
        defer { heads.withLock { $0 = known } }
        do {
            var written = SuspendingClock.now
            let results = try database.write { database in
                var writer = try SQLiteWriter(database, revision: known.revision)
                let results = try batch.map { try writer.carryOut($0, &known) }
                try writer.finish(at: known.revision)
                written = .now
                return results
            }
            metrics.flushed(in: written.duration(to: .now))
            known.keepChanges()
            return results
        } catch {
            known.undoChanges()
            throw Self.explain(error, path: nil)
        }
    }

    package func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool {
        do {
            let damaged = damagedRows.withLock { $0 }
            return try database.write { database in
                try SQLiteCompaction.step(database, through: revision, limit: limit, damaged: damaged)
            }
        } catch {
            throw Self.explain(error, path: nil)
        }
    }

    package func findFault() -> String? { file?.fault(log: log) }

    package var folder: String? { file?.folder }

    /// The pages in use: free ones are taken before the file grows.
    package func usedBytes() throws(StorageError) -> Int64? {
        do {
            return try database.read { database in
                func figure(_ name: String) throws -> Int64 {
                    try Int64.fetchOne(database, sql: "PRAGMA \(name)") ?? 0
                }
                return try (figure("page_count") - figure("freelist_count")) * figure("page_size")
            }
        } catch {
            throw Self.explain(error, path: nil)
        }
    }

    package func probe() throws(StorageError) {
        do {
            try database.write { try $0.execute(sql: "UPDATE state SET revision = revision") }
        } catch {
            throw Self.explain(error, path: nil)
        }
    }

    /// Everything goes from the log into the file, and the log is emptied: it would keep old content until it is
    /// written over.
    package func tidy() throws(StorageError) {
        guard file != nil else { return }
        do {
            try database.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
                // Its page cache is spread over all the memory that a burst took.
                try database.execute(sql: "PRAGMA shrink_memory")
            }
        } catch {
            throw Self.explain(error, path: nil)
        }
    }

    /// Rows that a version says it replaced; the marks themselves stay for compaction. There is no index for this: it is
    /// for the end.
    package func purge(_ resource: GroupResource, through revision: Int64) throws(StorageError) {
        // What a damaged row says about others is not to be acted upon.
        guard damagedRows.withLock({ $0.isEmpty }) else { return }
        do {
            try database.write { database in
                try database.execute(
                    sql: """
                        DELETE FROM versions WHERE resource = :resource AND document IS NOT NULL AND id IN
                            (SELECT previous FROM versions WHERE resource = :resource AND previous IS NOT NULL)
                        """, arguments: ["resource": resource.storageText])
                try database.execute(
                    sql: "UPDATE state SET compacted_revision = max(compacted_revision, ?)", arguments: [revision])
            }
        } catch {
            throw Self.explain(error, path: nil)
        }
    }

    package func close() {
        // A close that fails leaves the file as a crash would: the next start recovers it.
        try? database.close()
    }

    static func explain(_ error: any Error, path: String?) -> StorageError {
        if let error = error as? StorageError { return error }
        guard let error = error as? DatabaseError else { return .io("\(error)") }
        let file = path.map { " \($0)" } ?? ""
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return .io("the database\(file) is open in another process: stop that one, or choose another --data")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return .io("cannot open the database\(file): \(error.message ?? "no reason given")")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return .corrupted("the database\(file) is damaged or no database: \(error.message ?? "no reason given")")
        case .SQLITE_FULL: return .io("the disk is full")
        default: return .io(error.description)
        }
    }
}
