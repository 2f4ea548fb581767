import FairleadNet
import NIOCore

/// Which clients of one socket belong to other users of the machine.
///
/// The kernel is asked once for all datagrams that one port sends within a tenth of a second: a port is not another
/// user's so soon after it has been given up that this could be aimed for.
struct ClientOwners {
    private struct Answer {
        var refusal: String?
        var until: NIODeadline
    }

    private var known: [SocketAddress: Answer] = [:]

    private static let lifetime = TimeAmount.milliseconds(100)
    private static let capacity = 256

    /// Why the client is refused; nil for one whose questions are answered.
    mutating func refusal(of client: SocketAddress, at server: SocketAddress?) -> String? {
        let now = NIODeadline.now()
        if let answer = known[client], now < answer.until { return answer.refusal }
        if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
        let refusal = PeerOwner.refusal(of: client, at: server, over: .udp)
        known[client] = Answer(refusal: refusal, until: now + Self.lifetime)
        return refusal
    }
}
