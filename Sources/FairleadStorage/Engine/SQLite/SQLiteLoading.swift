import FairleadModel
import GRDB

/// Reads the whole database into memory at start-up: one pass over the versions in the order of commits.
enum SQLiteLoading {
    static func state(_ database: Database) throws -> (state: EngineState, heads: SQLiteHeads) {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT revision, compacted_revision, compacted_version FROM state")
        else { throw StorageError.corrupted("the database has no state row") }
        var state = EngineState(revision: row[0], compactedRevision: row[1])
        var heads = SQLiteHeads(revision: state.revision, lastVersion: row[2])
        var current: [ObjectKey: EngineVersion] = [:]
        let versions = SQLiteRowStatement(
            try database.makeStatement(
                sql: """
                    SELECT id, revision, resource, namespace, name, create_revision, previous, revision_offset, document
                    FROM versions ORDER BY id
                    """))
        var resources: [String: GroupResource] = [:]
        try versions.forEach({ _ in }) { row in
            let text = row.text(2)
            let resource = resources[text] ?? GroupResource(storageText: text)
            resources[text] = resource
            let key = ObjectKey(resource, namespace: row.text(3), name: row.text(4))
            let version = try version(row, key: key)
            let id = row.integer(0)
            let revision = row.integer(1)
            state.revision = max(state.revision, revision)
            if revision > state.compactedRevision {
                let isKnown = !row.isNull(6) && heads[key]?.version == row.integer(6)
                state.history.append(
                    EngineEvent(
                        revision: revision, key: key, version: version, previous: isKnown ? current[key] : nil))
            }
            current[key] = version
            heads.set(
                key,
                version.map {
                    SQLiteHeads.Head(version: id, revision: revision, createRevision: $0.createRevision)
                })
            heads.lastVersion = max(heads.lastVersion, id)
            return true
        }
        heads.revision = state.revision
        heads.keepChanges()
        state.objects = Array(current.values)
        return (state, heads)
    }

    /// nil for a deletion.
    private static func version(_ row: SQLiteRowStatement, key: ObjectKey) throws -> EngineVersion? {
        guard !row.isNull(8) else { return nil }
        let version = EngineVersion(
            key: key, revision: row.integer(1), createRevision: row.integer(5), bytes: row.bytes(8),
            revisionOffset: Int(row.integer(7)))
        guard 0...version.bytes.count ~= version.revisionOffset else {
            throw StorageError.corrupted("\(key) at revision \(version.revision) has no place for its revision")
        }
        return version
    }
}
