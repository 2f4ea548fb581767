/// How full the database may become. Works like etcd's quota: at the limit an alarm is raised, and writes that need
/// more room are refused until there is room again.
///
/// The size is measured now and then; in between, the sizes of written documents are added to it.
struct StorageQuota: Sendable {
    let limit: Int64
    private(set) var isAlarmed = false
    private var used: Int64 = 0

    init(limit: Int64) { self.limit = min(limit, 1 << 60) }

    /// Room beyond the limit for writes that help to make room: deletions, which first add a mark to history, and
    /// changes that make no object larger, such as removing finalizers.
    private var reserve: Int64 { max(limit / 8, 1 << 20) }

    /// How many bytes an object may grow and still count as not growing: enough for a deletion timestamp or a
    /// condition.
    static let slack = 512

    /// The room that a document takes, including its row and the unused rest of its last page.
    static func room(for bytes: Int) -> Int64 { Int64(bytes) + (bytes > 2048 ? 8192 : 256) }

    /// Sets the measured size. The alarm ends only when the size is clearly below the limit, so that it does not flap.
    mutating func measured(_ bytes: Int64) {
        used = bytes
        if isAlarmed, used <= limit - limit / 16 { isAlarmed = false }
    }

    mutating func wrote(_ bytes: Int64) { used += bytes }

    /// Whether that many more bytes would seem to exceed the limit.
    func isReached(by bytes: Int64) -> Bool { used + bytes > limit }

    /// Whether a transaction may be carried out; raises the alarm if the limit is reached.
    ///
    /// - Parameters:
    ///   - room: the room that its documents take.
    ///   - grows: whether it makes any object larger than before.
    mutating func admits(room: Int64, grows: Bool) -> Bool {
        if isReached(by: room) { isAlarmed = true }
        if !isAlarmed || room == 0 { return true }
        return !grows && used + room <= limit + reserve
    }
}
