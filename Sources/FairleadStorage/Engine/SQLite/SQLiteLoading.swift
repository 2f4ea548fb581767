import FairleadModel
import Foundation
import GRDB

/// Reads the whole database into memory at start-up.
enum SQLiteLoading {
    private static let columns =
        "v.id, v.revision, v.resource, v.namespace, v.name, v.create_revision, v.revision_offset, v.document, v.previous"

    static func state(_ database: Database) throws -> EngineState {
        guard let row = try Row.fetchOne(database, sql: "SELECT revision, compacted_revision FROM state") else {
            throw StorageError.corrupted("the database has no state row")
        }
        var state = EngineState(revision: row[0], compactedRevision: row[1])
        var versions: [Int64: EngineVersion] = [:]
        let current = try Row.fetchCursor(
            database, sql: "SELECT \(columns) FROM objects o JOIN versions v ON v.id = o.version")
        var recent: Set<Int64> = []
        let compacted = state.compactedRevision
        while let row = try current.next() {
            guard let version = version(row) else { throw StorageError.corrupted("an object without a document") }
            state.objects.append(version)
            if version.revision > compacted {
                let id: Int64 = row[0]
                versions[id] = version
                recent.insert(id)
            }
        }
        try addHistory(database, to: &state, knowing: &versions)
        return state
    }

    private static func addHistory(
        _ database: Database, to state: inout EngineState, knowing versions: inout [Int64: EngineVersion]
    ) throws {
        // The versions that events after the compaction replaced come first, so that each event finds its own.
        let replaced = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(columns) FROM versions v WHERE v.id IN
                    (SELECT previous FROM versions WHERE revision > ? AND previous IS NOT NULL)
                """, arguments: [state.compactedRevision])
        while let row = try replaced.next() {
            let id: Int64 = row[0]
            if versions[id] == nil { versions[id] = version(row) }
        }
        let events = try Row.fetchCursor(
            database, sql: "SELECT \(columns) FROM versions v WHERE v.revision > ? ORDER BY v.id",
            arguments: [state.compactedRevision])
        while let row = try events.next() {
            let previous: Int64? = row[8]
            let id: Int64 = row[0]
            state.history.append(
                EngineEvent(
                    revision: row[1], key: key(row), version: versions[id] ?? version(row),
                    previous: previous.flatMap { versions[$0] }))
        }
    }

    private static func key(_ row: Row) -> ObjectKey {
        ObjectKey(GroupResource(storageText: row[2]), namespace: row[3], name: row[4])
    }

    /// nil for a deletion.
    private static func version(_ row: Row) -> EngineVersion? {
        guard let document: Data = row[7] else { return nil }
        return EngineVersion(
            key: key(row), revision: row[1], createRevision: row[5], bytes: [UInt8](document), revisionOffset: row[6])
    }
}
