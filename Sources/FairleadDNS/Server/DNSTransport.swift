/// How a question came, and how its answer goes back.
package enum DNSTransport: String, Sendable, CaseIterable {
    case udp, tcp

    /// What fits into a datagram of IPv4. A larger one is never tried: it would not arrive at all.
    package static let largestDatagram = 65507

    /// The most bytes an answer may have (RFC 1035, 4.2; RFC 6891, 6.2.5).
    /// - Parameter largest: the most that a datagram of ours may have, whatever was asked for.
    func limit(_ edns: ExtendedDNS?, largest: Int = largestDatagram) -> Int {
        switch self {
        case .udp: min(max(512, Int(edns?.payloadSize ?? 512)), max(512, min(largest, Self.largestDatagram)))
        case .tcp: 65535
        }
    }
}
