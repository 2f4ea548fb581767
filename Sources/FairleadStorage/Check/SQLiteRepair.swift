import FairleadModel
import Foundation
import GRDB

/// Makes a sound file from what can be read of a damaged one: a new file beside it, which takes its place at the end.
/// The old file stays as a copy, and rows that are left out are written to a file of their own.
///
/// `init` rebuilds; then code that knows what the objects mean may change the new file; then `install` swaps the files.
package struct SQLiteRepair {
    /// What was done, one plain line each.
    package private(set) var actions: [String] = []
    /// The new file, until it is installed.
    package let rebuilt: String

    private let path: String
    private let label: String
    private let stamps: [FileStamp]

    /// - Parameter label: the ending of the names of copies: a time.
    /// - Throws: `.io` when a file cannot be written; the old one has not been touched.
    package init(
        _ examination: SQLiteExamination, label: String, migrations: [SQLiteMigration] = SQLiteMigration.builtIn()
    ) throws(StorageError) {
        path = examination.path
        self.label = label
        rebuilt = path + ".repaired-" + label
        stamps = ["", "-wal"].map { [path] suffix in FileStamp(path + suffix) }
        do {
            try backUp()
            try rebuild(examination, migrations)
        } catch {
            try? FileManager.default.removeItem(atPath: rebuilt)
            throw SQLiteEngine.explain(error, path: path)
        }
    }

    private mutating func backUp() throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            let copy = "\(path).before-\(label)\(suffix)"
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy)
            actions.append("copied \(path)\(suffix) to \(copy)")
        }
    }

    private mutating func rebuild(_ examination: SQLiteExamination, _ migrations: [SQLiteMigration]) throws {
        guard FileManager.default.createFile(atPath: rebuilt, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw StorageError.io("cannot write \(rebuilt)") }
        let target = try SQLiteEngine.openForWriting(rebuilt, migrations: migrations)
        let plan = examination.audit.plan
        var quarantine = Quarantine(path: "\(path).damaged-\(label).jsonl")
        var lost: [String] = []
        try target.write { database in
            let insert = SQLiteRowStatement(
                try database.cachedStatement(sql: "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
            func add(_ row: VersionRow) throws {
                try insert.run { try row.bind(to: $0, checksum: row.expectedChecksum) }
            }
            var numbers = SQLiteHeads(
                revision: max(examination.audit.lastRevision, examination.state?.revision ?? 0, 2),
                lastVersion: max(examination.audit.lastVersion, examination.state?.version ?? 0))
            let isCut = !plan.damaged.isEmpty || !examination.isWhole || examination.state == nil
            var wanted: [Int64: ObjectKey] = [:]
            for case (let key, let row?) in plan.restored { wanted[row] = key }
            var comeBack: [VersionRow] = []
            _ = try SQLiteReader.read(path) { source in
                try SQLiteReader.everyRow(source) { row in
                    if let reason = plan.damaged[row.id] { return try quarantine.add(row, reason) }
                    if plan.leftBehind.contains(row.id), wanted[row.id] == nil {
                        return try quarantine.add(row, "nothing led to it")
                    }
                    var row = row
                    if plan.unlinked.contains(row.id) { row.previous = nil }
                    if wanted[row.id] != nil { comeBack.append(row) }
                    try add(row)
                }
            }
            for old in comeBack {
                numbers.revision += 1
                numbers.lastVersion += 1
                var row = old
                row.previous = old.id
                row.id = numbers.lastVersion
                row.revision = numbers.revision
                try add(row)
                actions.append("put back \(old.key) as it was at revision \(old.revision)")
            }
            lost = plan.restored.filter { $0.from == nil }.map(\.key.description)
            // Watchers must list again: no event tells them what has changed.
            if isCut { numbers.revision += 1 }
            try database.execute(
                sql: "UPDATE state SET revision = ?, compacted_revision = ?, compacted_version = ?",
                arguments: [
                    numbers.revision, isCut ? numbers.revision : examination.state?.compacted ?? numbers.revision,
                    examination.state?.version ?? 0,
                ])
            if isCut { actions.append("history starts anew at revision \(numbers.revision)") }
        }
        try target.close()
        for key in lost { actions.append("took out \(key), of which no version is readable") }
        if quarantine.count > 0 {
            actions.append("wrote \(quarantine.count) rows that were taken out to \(quarantine.path)")
        }
        if !examination.isWhole { actions.append("left out rows that cannot be reached; the copy has what is left") }
    }

    /// Puts the new file in place of the old one.
    ///
    /// - Throws: `.io` if the old file has changed since it was read: a server has been started on it.
    package mutating func install() throws(StorageError) {
        let now = ["", "-wal"].map { FileStamp(path + $0) }
        guard now == stamps else {
            throw .io("\(path) has changed meanwhile: a server was started on it, and nothing was done to the file")
        }
        do {
            // The old WAL goes first: beside the new file, it would be taken for the new file's own.
            for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.removeItem(atPath: path + suffix)
            }
            guard rename(rebuilt, path) == 0 else { throw StorageError.io("cannot replace \(path)") }
            actions.append("replaced \(path)")
        } catch {
            throw SQLiteEngine.explain(error, path: path)
        }
    }
}

/// Size and modification time of a file, to see whether it has changed.
private struct FileStamp: Equatable {
    let size: Int?
    let changed: Date?

    init(_ path: String) {
        // nil means that there is no file, which compares correctly too.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        size = attributes?[.size] as? Int
        changed = attributes?[.modificationDate] as? Date
    }
}

/// Rows that were taken out, one JSON object a line.
private struct Quarantine {
    let path: String
    private(set) var count = 0

    init(path: String) { self.path = path }

    mutating func add(_ row: VersionRow, _ reason: String) throws {
        if count == 0,
            !FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        {
            throw StorageError.io("cannot write \(path)")
        }
        guard let file = FileHandle(forWritingAtPath: path) else { throw StorageError.io("cannot write \(path)") }
        defer { file.closeFile() }
        var line: Value = [
            "reason": .string(reason), "row": .int(row.id), "revision": .int(row.revision),
            "resource": .string(row.resource), "namespace": .string(row.namespace), "name": .string(row.name),
            "createRevision": .int(row.createRevision), "previous": row.previous.map { .int($0) } ?? .null,
        ]
        if let document = row.document {
            if let text = String(validating: document, as: UTF8.self) {
                line["document"] = .string(text)
            } else {
                line["documentBase64"] = .string(Data(document).base64EncodedString())
            }
        }
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.jsonBytes + [UInt8(ascii: "\n")]))
        try file.synchronize()
        count += 1
    }
}
