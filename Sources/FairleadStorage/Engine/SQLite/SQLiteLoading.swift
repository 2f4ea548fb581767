import FairleadModel
import GRDB

/// Reads the whole database into memory at start-up: one pass over the versions in the order of commits.
///
/// A damaged row affects its own key and nothing else. Nothing it says is trusted: neither its revision nor the row
/// that it claims to replace.
struct SQLiteLoading {
    private(set) var state: EngineState
    private(set) var heads: SQLiteHeads
    /// Rows written before there were checksums, with the checksums they get now.
    private(set) var unsealed: [(id: Int64, checksum: Int64)] = []
    /// Damaged rows, each with the rows that were current before it.
    private(set) var damagedRows = DamagedRows()

    private let values: any ValueTransformer
    private var current: [ObjectKey: EngineVersion] = [:]
    private var damaged: [ObjectKey: DamagedVersion] = [:]
    private var resources: [String: GroupResource] = [:]

    /// - Throws: `.corrupted` when the file as a whole cannot be what this program wrote.
    init(_ database: Database, _ values: any ValueTransformer) throws {
        self.values = values
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT revision, compacted_revision, compacted_version FROM state")
        else { throw Self.broken("it has no state row") }
        state = EngineState(revision: row[0], compactedRevision: row[1])
        let lastVersion: Int64 = row[2]
        heads = SQLiteHeads(revision: state.revision, lastVersion: lastVersion)
        guard 1...VersionRow.largestNumber ~= state.revision, 1...VersionRow.largestNumber ~= state.compactedRevision,
            0...VersionRow.largestNumber ~= lastVersion
        else {
            throw Self.broken(
                "its state cannot be (revision \(state.revision), compacted through \(state.compactedRevision))")
        }
        try checkPages(database)
        try readVersions(database)
        guard state.compactedRevision <= state.revision else {
            throw Self.broken("it is compacted through \(state.compactedRevision), beyond its last revision")
        }
        state.damaged += damaged.values.sorted { $0.key < $1.key }
        if !state.damaged.isEmpty { startHistoryAnew() }
        heads.revision = state.revision
        heads.keepChanges()
        state.objects = Array(current.values)
    }

    /// Whether something was found that must be recorded in the file before the first commit.
    var mustBeNoted: Bool { !unsealed.isEmpty || !state.damaged.isEmpty }

    /// Gives rows from before there were checksums theirs, and records that history starts anew.
    func note(in database: Database) throws {
        let seal = SQLiteRowStatement(
            try database.cachedStatement(sql: "UPDATE versions SET checksum = ? WHERE id = ?"))
        for (id, checksum) in unsealed {
            try seal.run { row in
                try row.bind(1, checksum)
                try row.bind(2, id)
            }
        }
        if !state.damaged.isEmpty {
            try database.execute(
                sql: "UPDATE state SET revision = ?, compacted_revision = ?",
                arguments: [state.revision, state.compactedRevision])
        }
    }

    static func broken(_ what: String) -> StorageError {
        .corrupted("the database is damaged: \(what). `fairlead check` says more, and --repair mends it")
    }

    /// Clients that have seen the damaged object must find out: no earlier revision can be watched from, not even the
    /// last.
    private mutating func startHistoryAnew() {
        state.revision += 1
        state.compactedRevision = state.revision
        state.history = []
    }

    /// A damaged B-tree can hide rows that are sound themselves, and nothing else would reveal it.
    private func checkPages(_ database: Database) throws {
        let verdicts = try String.fetchAll(database, sql: "PRAGMA quick_check(20)")
        // What it says about single rows is left to their checksums.
        guard let broken = verdicts.first(where: { $0.hasPrefix("***") }) else { return }
        let words = broken.split(separator: "\n").dropFirst().first ?? "its pages do not fit together"
        throw Self.broken(String(words))
    }

    private mutating func readVersions(_ database: Database) throws {
        let columns = try VersionRow.columns(in: database)
        let versions = SQLiteRowStatement(
            try database.makeStatement(sql: "SELECT \(columns) FROM versions ORDER BY id"))
        var lastOfOrder: Int64 = 0
        try versions.forEach({ _ in }) { statement in
            let row = VersionRow(statement)
            guard 1...VersionRow.largestNumber ~= row.id else { throw Self.broken("it has a row \(row.id)") }
            if let fault = row.fault {
                addDamage(row, "row \(row.id): \(fault)")
            } else {
                if row.revision < lastOfOrder { throw Self.broken("row \(row.id) is not in the order of revisions") }
                lastOfOrder = row.revision
                do throws(UnreadableValue) {
                    add(row, try row.opened(values))
                } catch {
                    // What it says is sound, but for the value.
                    state.revision = max(state.revision, row.revision)
                    addDamage(row, error.reason, isSealed: true)
                }
            }
            heads.lastVersion = max(heads.lastVersion, row.id)
            return true
        }
    }

    private mutating func add(_ row: VersionRow, _ opened: OpenedValue?) {
        let resource = resources[row.resource] ?? GroupResource(storageText: row.resource)
        resources[row.resource] = resource
        let key = ObjectKey(resource, namespace: row.namespace, name: row.name)
        if opened?.isStale == true { state.staleValues += 1 }
        let version = opened.map { opened in
            EngineVersion(
                key: key, revision: row.revision, createRevision: row.createRevision, bytes: opened.document,
                revisionOffset: Int(row.revisionOffset))
        }
        state.revision = max(state.revision, row.revision)
        if row.revision > state.compactedRevision {
            let isKnown = row.previous != nil && heads[key]?.version == row.previous
            state.history.append(
                EngineEvent(
                    revision: row.revision, key: key, version: version, previous: isKnown ? current[key] : nil))
        }
        current[key] = version
        heads.set(
            key,
            version.map {
                SQLiteHeads.Head(version: row.id, revision: row.revision, createRevision: $0.createRevision)
            })
        if row.checksum == nil { unsealed.append((row.id, row.expectedChecksum)) }
        // The version before this one was damaged, which now only matters for history.
        if var past = damaged.removeValue(forKey: key) {
            past.isCurrent = false
            state.damaged.append(past)
        }
    }

    /// The row blocks every key that it may have been a version of.
    private mutating func addDamage(_ row: VersionRow, _ reason: String, isSealed: Bool = false) {
        let keys = suspects(row)
        for key in keys {
            let hidden = keys.count == 1 ? heads[key]?.version : nil
            current[key] = nil
            heads.set(key, SQLiteHeads.Head(version: row.id, revision: state.revision, createRevision: state.revision))
            damaged[key] = DamagedVersion(
                key: key, revision: state.revision, reason: reason, isCurrent: true, isSealed: isSealed)
            damagedRows.add(row.id, hiding: hidden)
        }
    }

    /// The row and its document each name a key, and either may be wrong. Where they differ, the right one is the key
    /// whose last version the row replaced; if that does not settle it either, every key in question is suspect.
    private func suspects(_ row: VersionRow) -> Set<ObjectKey> {
        let other = row.keyOfDocument
        if other == row.key { return [row.key] }
        let named = Set([row.key] + (other.map { [$0] } ?? []))
        let fitting = named.filter { heads[$0]?.version == row.previous }
        if !fitting.isEmpty { return fitting }
        return named.union(row.previous.flatMap { heads.key(ofVersion: $0) }.map { [$0] } ?? [])
    }
}

/// Which rows are damaged, and which rows they hide: compaction deletes them together. A hidden row left alone would
/// look current at the next start.
struct DamagedRows: Sendable {
    private var hidden: [Int64: [Int64]] = [:]

    var isEmpty: Bool { hidden.isEmpty }

    func contains(_ row: Int64) -> Bool { hidden[row] != nil }

    mutating func add(_ row: Int64, hiding other: Int64?) {
        hidden[row, default: []] += other.map { [$0] } ?? []
    }

    /// The rows to delete once `row` has been replaced for good: the row itself, and the rows it hid.
    func goingWith(_ row: Int64) -> [Int64] {
        var all = [row]
        var next = 0
        while next < all.count {
            for other in hidden[all[next]] ?? [] where !all.contains(other) { all.append(other) }
            next += 1
        }
        return all
    }
}

extension VersionRow {
    /// The columns to select, in a file that may be older than checksums.
    static func columns(in database: Database) throws -> String {
        let names = try database.columns(in: "versions").map(\.name)
        return names.contains("checksum") ? columns : columns.replacing(", checksum", with: ", NULL")
    }
}
