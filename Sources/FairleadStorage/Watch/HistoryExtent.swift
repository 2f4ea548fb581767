/// The size of the history: in events, and in bytes of the documents that only history holds.
struct HistoryExtent: Sendable, Hashable {
    var events = 0
    var bytes = 0

    func exceeds(_ limit: HistoryExtent) -> Bool { events > limit.events || bytes > limit.bytes }

    /// How many events one slice removes: at most `limit`, and fewer if documents are large.
    func slice(events limit: Int, bytes: Int) -> Int {
        let average = self.bytes / max(events, 1)
        return max(1, min(limit, bytes / max(average, 1)))
    }

    static func += (sum: inout HistoryExtent, other: HistoryExtent) {
        sum.events += other.events
        sum.bytes += other.bytes
    }

    static func -= (sum: inout HistoryExtent, other: HistoryExtent) {
        sum.events -= other.events
        sum.bytes -= other.bytes
    }
}
