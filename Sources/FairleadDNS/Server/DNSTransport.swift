/// How a question came, and how its answer goes back.
package enum DNSTransport: String, Sendable, CaseIterable {
    case udp, tcp

    /// The most bytes an answer may have (RFC 1035, 4.2; RFC 6891, 6.2.5).
    func limit(_ edns: ExtendedDNS?) -> Int {
        switch self {
        case .udp: max(512, Int(edns?.payloadSize ?? 512))
        case .tcp: 65535
        }
    }
}
