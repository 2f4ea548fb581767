/// The transport of a question and its answer.
package enum DNSTransport: String, Sendable, CaseIterable {
    case udp, tcp

    /// The largest payload of an IPv4 datagram. A larger answer is never sent: it would not arrive at all.
    package static let largestDatagram = 65507

    /// The size limit of an answer in bytes (RFC 1035, 4.2; RFC 6891, 6.2.5).
    /// - Parameter largest: our own limit for datagrams, whatever the client accepts.
    func limit(_ edns: ExtendedDNS?, largest: Int = largestDatagram) -> Int {
        switch self {
        case .udp: min(max(512, Int(edns?.payloadSize ?? 512)), max(512, min(largest, Self.largestDatagram)))
        case .tcp: 65535
        }
    }
}
