/// The TLS handshakes of an event loop that are not over, in the order in which they began.
///
/// Whoever begins handshakes and never ends them takes places from those who do the same, not from others: beyond the
/// limit the oldest has to go, and an honest handshake is over long before it is the oldest.
struct HandshakeQueue {
    private let limit: Int
    private var members: [Int: TLSHandshake] = [:]
    private var next = 0
    /// Nothing below this number is left.
    private var first = 0

    /// - Parameter connections: how many connections the loop may have; half-open ones take a quarter of them at most.
    init(connections: Int) { limit = max(1, min(Self.most, connections / 4)) }

    /// A half-open connection takes some 20 KiB.
    private static let most = 512

    /// - Returns: the member's number, for `remove`, and the one that has to go, if any.
    mutating func add(_ handshake: TLSHandshake) -> (number: Int, surplus: TLSHandshake?) {
        let number = next
        next += 1
        members[number] = handshake
        guard members.count > limit else { return (number, nil) }
        while members[first] == nil { first += 1 }
        return (number, members.removeValue(forKey: first))
    }

    mutating func remove(_ number: Int) { members[number] = nil }
}
