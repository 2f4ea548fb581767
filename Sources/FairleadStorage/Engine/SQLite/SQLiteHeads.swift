import FairleadModel

/// Where the current version of each key is. Kept in memory, because only one process owns the file: conditions are
/// checked without a query, and a put writes a single row.
///
/// Changed in place by each batch of transactions, and rolled back if the batch could not be made durable.
struct SQLiteHeads: Sendable {
    struct Head: Sendable {
        /// The row of the current version.
        var version: Int64
        var revision: Int64
        var createRevision: Int64
    }

    /// The numbers that only ever grow.
    private struct Counters {
        /// The revision of the last commit.
        var revision: Int64
        /// The last row id that was assigned; never assigned again, even after compaction has deleted the row.
        var lastVersion: Int64
    }

    private var counters: Counters
    private var current: [ObjectKey: Head] = [:]
    /// What to restore if the current batch fails: the counters, and the heads it changed, in the order of the changes.
    private var before: (counters: Counters, heads: [(key: ObjectKey, head: Head?)])

    init(revision: Int64, lastVersion: Int64) {
        counters = Counters(revision: revision, lastVersion: lastVersion)
        before = (counters, [])
    }

    var revision: Int64 {
        get { counters.revision }
        set { counters.revision = newValue }
    }
    var lastVersion: Int64 {
        get { counters.lastVersion }
        set { counters.lastVersion = newValue }
    }

    subscript(key: ObjectKey) -> Head? { current[key] }

    /// A linear search.
    func key(ofVersion version: Int64) -> ObjectKey? { current.first { $0.value.version == version }?.key }

    /// - Parameter head: nil for a deleted key.
    mutating func set(_ key: ObjectKey, _ head: Head?) {
        let old = head.map { current.updateValue($0, forKey: key) } ?? current.removeValue(forKey: key)
        before.heads.append((key, old))
    }

    /// The batch is durable: its changes stay.
    mutating func keepChanges() {
        before = (counters, [])
        // A dictionary keeps the capacity of the largest size it ever had.
        if current.capacity > 4096, current.count < current.capacity / 8 {
            var smaller: [ObjectKey: Head] = [:]
            smaller.reserveCapacity(current.count)
            smaller.merge(current) { _, head in head }
            current = smaller
        }
    }

    mutating func undoChanges() {
        for (key, head) in before.heads.reversed() { current[key] = head }
        counters = before.counters
        before.heads = []
    }
}
