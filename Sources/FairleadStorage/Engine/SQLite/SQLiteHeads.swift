import FairleadModel

/// Where the current version of each key is. Held in memory, because the file belongs to one process: a condition is
/// checked without a query, and a put writes one row.
struct SQLiteHeads: Sendable {
    struct Head: Sendable {
        /// The row of the current version.
        var version: Int64
        var revision: Int64
        var createRevision: Int64
    }

    /// The revision of the last commit.
    var revision: Int64
    /// The last row that has been given out; never given out again, even when compaction has taken it.
    var lastVersion: Int64
    var current: [ObjectKey: Head] = [:]
}
