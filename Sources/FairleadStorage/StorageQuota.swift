/// How full the database may become. Sized like etcd's: at the limit an alarm is raised, and what takes more room is
/// refused until there is some again.
///
/// The size is measured now and then; in between the documents written are added to it.
struct StorageQuota: Sendable {
    let limit: Int64
    private(set) var isAlarmed = false
    private var used: Int64 = 0

    init(limit: Int64) { self.limit = min(limit, 1 << 60) }

    /// Room beyond the limit for what must be written so that there can be room again: deletions, which are marks in
    /// history first, and changes that make nothing larger, such as finalizers that go.
    private var reserve: Int64 { max(limit / 8, 1 << 20) }

    /// How much an object may grow by and count as not growing: a deletion's time stamp, a condition.
    static let slack = 512

    /// The room that a document takes, with its row and the rest of its last page.
    static func room(for bytes: Int) -> Int64 { Int64(bytes) + (bytes > 2048 ? 8192 : 256) }

    /// What was measured. The alarm goes on only when some room has been made, so that it does not come and go.
    mutating func measured(_ bytes: Int64) {
        used = bytes
        if isAlarmed, used <= limit - limit / 16 { isAlarmed = false }
    }

    mutating func wrote(_ bytes: Int64) { used += bytes }

    /// Whether the limit seems to be passed by so much more.
    func isReached(by bytes: Int64) -> Bool { used + bytes > limit }

    /// Whether a transaction may be carried out; raises the alarm where not.
    ///
    /// - Parameters:
    ///   - room: what its documents take.
    ///   - grows: whether any of them makes something larger than it was.
    mutating func admits(room: Int64, grows: Bool) -> Bool {
        if isReached(by: room) { isAlarmed = true }
        if !isAlarmed || room == 0 { return true }
        return !grows && used + room <= limit + reserve
    }
}
