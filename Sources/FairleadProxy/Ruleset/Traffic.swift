import FairleadModel
import FairleadRouting

/// The packets that a rule is for: an address family and a protocol. nft has words of its own for each.
struct Traffic: Hashable, Sendable {
    let isIPv4: Bool
    let transport: Transport

    init(_ socket: Socket) {
        isIPv4 = socket.address.isIPv4
        transport = socket.transport
    }

    init(isIPv4: Bool, _ transport: Transport) {
        self.isIPv4 = isIPv4
        self.transport = transport
    }

    /// `ip` or `ip6`.
    var ip: String { isIPv4 ? "ip" : "ip6" }
    /// `4-tcp`, for names.
    var suffix: String { "\(isIPv4 ? 4 : 6)-\(transport.element)" }
    /// The map of endpoints.
    var endpoints: Place { Place(set: .endpoints(transport), isIPv4: isIPv4) }
}

/// A set or map of the table, for one address family.
struct Place: Hashable, Sendable {
    let set: ElementSet
    let isIPv4: Bool

    var name: String { self.set.name(isIPv4: isIPv4) }
}

extension Transport {
    /// As nft writes it.
    var element: String { rawValue.lowercased() }
}

extension Socket {
    /// As the key of a set or map: `10.96.0.10 . tcp . 80`.
    var element: String { "\(address) . \(transport.element) . \(port)" }

    /// As the key of an endpoint: `10.96.0.10 . 80 . 0`.
    func element(_ pool: Pool, _ index: Int) -> String { "\(address) . \(port) . \(pool.rawValue + index)" }
}
