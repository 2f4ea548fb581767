import FairleadModel
import Foundation
import GRDB

/// Examines a database file that no server has open, without changing it.
package struct SQLiteExamination {
    /// One plain line each.
    package private(set) var findings: [String] = []
    /// What a server would serve; nil if it would not start.
    package private(set) var snapshot: Snapshot?
    package private(set) var versionCount = 0

    let path: String
    let values: any ValueTransformer
    /// What a repair would do about the rows.
    private(set) var audit = VersionAudit([])
    /// The contents of the file's state row; nil if they are missing or impossible.
    private(set) var state: (revision: Int64, compacted: Int64, version: Int64)?
    /// Whether every row could be reached.
    private(set) var isWhole = true

    /// - Throws: `.io` or `.corrupted` for a file that cannot be read at all, is open elsewhere, or is not this
    ///   program's.
    package init(
        path: String, migrations: [SQLiteMigration] = SQLiteMigration.builtIn(),
        values: any ValueTransformer = PlainValues()
    ) throws(StorageError) {
        self.path = path
        self.values = values
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw .io("there is no file \(path)")
        }
        do {
            try SQLiteReader.read(path) { database in
                try SQLiteIdentity.check(database, path: path, migrations: migrations)
                guard try database.tableExists("versions") else {
                    throw StorageError.corrupted("\(path) holds nothing: no server has ever filled it")
                }
                try examine(database)
            }
        } catch {
            throw SQLiteEngine.explain(error, path: path)
        }
    }

    private mutating func examine(_ database: Database) throws {
        try examineStructure(database)
        try examineState(database)
        var entries: [VersionAudit.Entry] = []
        var sealed: [String: Int] = [:]
        isWhole = try SQLiteReader.everyRow(database) { row in
            // A matching checksum proves that this is what was written; decoding the document shows whether that made
            // sense.
            var clear = row
            var fault = row.fault
            if fault == nil, row.checksum != nil {
                do throws(UnreadableValue) {
                    clear.document = try row.opened(values)?.document
                    fault = clear.documentFault
                } catch {
                    // It is left as it is: it may be sound.
                    sealed[error.reason, default: 0] += 1
                }
            }
            entries.append(
                VersionAudit.Entry(
                    id: row.id, revision: row.revision, key: row.key, previous: row.previous,
                    isDeletion: row.document == nil, fault: fault,
                    keyOfDocument: fault == nil ? nil : row.keyOfDocument))
        }
        versionCount = entries.count
        if !isWhole { findings.append("structure: some rows cannot be reached; \(entries.count) can") }
        for (reason, count) in sealed.sorted(by: { $0.key < $1.key }) {
            findings.append("\(count) versions were not examined: \(reason)")
        }
        audit = VersionAudit(entries)
        findings += audit.findings
        if let state, state.compacted > max(state.revision, audit.lastRevision) {
            findings.append("state: compacted through \(state.compacted), beyond the last revision")
            self.state = nil
        }
        do {
            snapshot = Snapshot(try SQLiteLoading(database, values).state)
        } catch {
            if findings.isEmpty { findings.append("a server would not start: \(error)") }
        }
    }

    private mutating func examineStructure(_ database: Database) throws {
        do {
            let lines = try String.fetchAll(database, sql: "PRAGMA integrity_check(20)")
            if lines != ["ok"] { findings += lines.map { "structure: \($0)" } }
        } catch let error as DatabaseError {
            findings.append("structure: \(error.message ?? "cannot be checked")")
        }
    }

    private mutating func examineState(_ database: Database) throws {
        let rows: [Row]
        do {
            rows = try Row.fetchAll(
                database, sql: "SELECT revision, compacted_revision, compacted_version FROM state")
        } catch let error as DatabaseError {
            return findings.append("state: cannot be read: \(error.message ?? "no reason given")")
        }
        guard rows.count == 1, let row = rows.first else {
            return findings.append("state: \(rows.count) rows, and there should be one")
        }
        let numbers = (0..<3).map { Int64.fromDatabaseValue(row[$0]) ?? -1 }
        guard 1...VersionRow.largestNumber ~= numbers[0], 1...VersionRow.largestNumber ~= numbers[1],
            0...VersionRow.largestNumber ~= numbers[2]
        else {
            return findings.append(
                "state: cannot be (revision \(numbers[0]), compacted through \(numbers[1]), row \(numbers[2]))")
        }
        state = (numbers[0], numbers[1], numbers[2])
    }
}
