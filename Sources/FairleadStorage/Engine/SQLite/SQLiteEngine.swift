package import FairleadModel
import GRDB
import Synchronization

/// The embedded engine: one SQLite file, owned by one process.
///
/// WAL with `synchronous=FULL`: a commit that has returned survives a power failure. The schema is in `Migrations/`.
/// Deleted content is overwritten, so that Secrets do not stay in the file.
package final class SQLiteEngine: MigrationTarget {
    private let database: DatabaseQueue
    /// nil for an in-memory database.
    private let file: DatabaseFile?
    private let log: FileIdentity?
    private let metrics: StoreMetrics
    private let values: any ValueTransformer
    /// nil until the heads have been loaded.
    private let heads = Mutex<SQLiteHeads?>(nil)
    private let damagedRows = Mutex(DamagedRows())

    /// Opens the file, creating it and its schema if need be; a nil path means an in-memory database.
    ///
    /// - Parameters:
    ///   - migrations: the steps of the schema, in order.
    ///   - metrics: records how long writing the WAL takes.
    ///   - values: what documents become in the file.
    /// - Throws: `.io`, saying what to do, for a file that cannot be opened or that another process has open.
    package init(
        path: String?, migrations: [SQLiteMigration], metrics: StoreMetrics = StoreMetrics(),
        values: any ValueTransformer = PlainValues()
    ) throws(StorageError) {
        self.metrics = metrics
        self.values = values
        if let path { file = try DatabaseFile(path) } else { file = nil }
        database = try Self.openForWriting(file?.path, migrations: migrations)
        file?.restrict()
        log = file?.openedLog()
    }

    static func openForWriting(_ path: String?, migrations: [SQLiteMigration]) throws(StorageError) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "fairlead"
        configuration.prepareDatabase { database in
            // Affects new files only. Twice the usual size, a page holds four small objects, so a commit writes fewer
            // pages.
            try database.execute(sql: "PRAGMA page_size = 8192")
            // The lock keeps other processes out; with it, WAL needs no shared memory.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            // Before anything is written.
            try SQLiteIdentity.check(database, path: path, migrations: migrations)
            try SQLiteIdentity.checkTables(database)
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            // For the migrations only: each is a transaction, and the first commit after them makes them durable as well.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            // The commit that triggers a checkpoint has to wait for it: small ones cost no more in total, and nobody
            // waits long.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 100")
            try database.execute(sql: "PRAGMA journal_size_limit = 16777216")
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        do {
            let database =
                try path.map { try DatabaseQueue(path: $0, configuration: configuration) }
                ?? DatabaseQueue(configuration: configuration)
            try SQLiteMigration.apply(migrations, to: database)
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return database
        } catch {
            throw explain(error, path: path)
        }
    }

    package func load() throws(StorageError) -> EngineState {
        do {
            let loaded = try database.read { [values] database in try SQLiteLoading(database, values) }
            if loaded.mustBeNoted { try database.write { try loaded.note(in: $0) } }
            heads.withLock { $0 = loaded.heads }
            damagedRows.withLock { $0 = loaded.damagedRows }
            return loaded.state
        } catch {
            throw Self.explain(error, path: file?.path)
        }
    }

    package func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>] {
        if heads.withLock({ $0 == nil }) { _ = try load() }
        // Taken out of the mutex, so that they are changed in place rather than copied.
        guard var known = heads.withLock({ exchange(&$0, with: nil) }) else { throw .closed }
        defer { heads.withLock { $0 = known } }
        do {
            var written = SuspendingClock.now
            let results = try database.write { [values] database in
                var writer = try SQLiteWriter(database, revision: known.revision, values: values)
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
            throw Self.explain(error, path: file?.path)
        }
    }

    package func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool {
        do {
            let damaged = damagedRows.withLock { $0 }
            return try database.write { database in
                try SQLiteCompaction.step(database, through: revision, limit: limit, damaged: damaged)
            }
        } catch {
            throw Self.explain(error, path: file?.path)
        }
    }

    package func findFault() -> String? { file?.fault(log: log) }

    package var folder: String? { file?.folder }

    /// Counts the pages in use: free ones are reused before the file grows.
    package func usedBytes() throws(StorageError) -> Int64? {
        do {
            return try database.read { database in
                func figure(_ name: String) throws -> Int64 {
                    try Int64.fetchOne(database, sql: "PRAGMA \(name)") ?? 0
                }
                return try (figure("page_count") - figure("freelist_count")) * figure("page_size")
            }
        } catch {
            throw Self.explain(error, path: file?.path)
        }
    }

    package func probe() throws(StorageError) {
        do {
            try database.write { try $0.execute(sql: "UPDATE state SET revision = revision") }
        } catch {
            throw Self.explain(error, path: file?.path)
        }
    }

    /// Moves everything from the WAL into the file and empties the WAL, which would otherwise keep old content until it
    /// is overwritten.
    package func tidy() throws(StorageError) {
        guard file != nil else { return }
        do {
            try database.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
                // After a burst, SQLite's page cache is spread over all the memory that the burst took.
                try database.execute(sql: "PRAGMA shrink_memory")
            }
        } catch {
            throw Self.explain(error, path: file?.path)
        }
    }

    /// Deletes rows that a later version says it replaced; the deletion marks themselves stay for compaction. No index
    /// supports this query, because it runs only at shutdown.
    package func purge(_ resource: GroupResource, through revision: Int64) throws(StorageError) {
        // A damaged row's claims about other rows must not be acted upon.
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
            throw Self.explain(error, path: file?.path)
        }
    }

    package func beginAfter(_ revision: Int64) throws(StorageError) {
        do {
            try database.write { database in
                try database.execute(
                    sql: """
                        UPDATE state SET revision = max(revision, :revision),
                            compacted_revision = max(compacted_revision, :revision)
                        """, arguments: ["revision": revision])
            }
            // Read again before the next commit.
            heads.withLock { $0 = nil }
        } catch {
            throw Self.explain(error, path: file?.path)
        }
    }

    package func close() {
        // A close that fails leaves the file as a crash would: the next start recovers it.
        try? database.close()
    }

    /// What went wrong, worded for people who do not know databases.
    static func explain(_ error: any Error, path: String?) -> StorageError {
        if let error = error as? StorageError { return error }
        guard let error = error as? DatabaseError else { return .io("\(error)") }
        let file = path.map { "the database \($0)" } ?? "the database"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return .io("\(file) is open in another process: stop that one, or choose another --data")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return .io("cannot open \(file) or a file beside it: the system does not permit it; choose another --data")
        case .SQLITE_READONLY:
            return .io("cannot write to \(file): it is read-only; change that, or choose another --data")
        case .SQLITE_CORRUPT:
            return .corrupted(
                "\(file) is damaged: `fairlead check --data FILE` says what is wrong, with --repair it mends the file")
        case .SQLITE_NOTADB:
            return .corrupted(
                "\(path ?? "the file") is no database of Fairlead: choose another --data (a database that begins like "
                    + "this has been overwritten)")
        case .SQLITE_FULL:
            return .io("the disk is full: make room\(path.map { " on the file system of \($0)" } ?? "")")
        case .SQLITE_IOERR, .SQLITE_NOLFS:
            return .io("the disk fails to read or write \(file): choose a --data on another disk")
        case .SQLITE_NOMEM: return .io("there is not enough memory for \(file)")
        default: return .io("\(file) does not work: \(error.message ?? "no reason given")")
        }
    }
}
