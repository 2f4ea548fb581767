import FairleadModel

/// A text that is not a packet, and what was expected.
package struct PacketTextError: Error, Sendable {
    package let message: String
}

extension Packet {
    /// Parses user input.
    ///
    /// - Parameters:
    ///   - source: `pod/NAMESPACE/NAME`, `node/NAME` or `outside/ADDRESS`.
    ///   - target: an address or a DNS name, a port, and `/udp` or `/sctp` if it is not TCP: `10.96.0.10:80`,
    ///     `[fd00::1]:80`, `web.default:53/udp`.
    package init(from source: String, to target: String) throws(PacketTextError) {
        var rest = target[...]
        var transport = Transport.tcp
        if let slash = rest.lastIndex(of: "/") {
            guard let given = Transport(rawValue: rest[rest.index(after: slash)...].uppercased()) else {
                throw PacketTextError(message: "\"\(target)\": after the slash one of tcp, udp and sctp is expected")
            }
            transport = given
            rest = rest[..<slash]
        }
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (1...65535).contains(port)
        else {
            throw PacketTextError(
                message: "\"\(target)\": HOST:PORT is expected, with a port from 1 to 65535, as in web.default:80")
        }
        let host = rest[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let inner = String(isBracketed ? host.dropFirst().dropLast() : host)
        let destination: Destination
        if let address = IPAddress(inner) {
            destination = .address(address)
        } else {
            let name = inner.hasSuffix(".") ? String(inner.dropLast()) : inner
            let isName =
                !isBracketed && inner.utf8.count <= 254
                && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
                    (1...63).contains($0.utf8.count)
                        && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
                }
            guard isName else {
                throw PacketTextError(message: "\"\(inner)\" is neither an IP address nor a DNS name")
            }
            destination = .name(inner)
        }
        self.init(from: try Source(source), to: destination, port: port, transport)
    }
}

extension Packet.Source {
    init(_ text: String) throws(PacketTextError) {
        let words = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (words.first, words.count) {
        case ("pod", 3) where !words.contains(""): self = .pod(ObjectName(namespace: words[1], name: words[2]))
        case ("node", 2) where !words.contains(""): self = .node(words[1])
        case ("outside", 2):
            guard let address = IPAddress(words[1]) else {
                throw PacketTextError(message: "\"\(words[1])\" is no IP address: outside/ADDRESS is expected")
            }
            self = .outside(address)
        default:
            throw PacketTextError(
                message: "\"\(text)\": pod/NAMESPACE/NAME, node/NAME or outside/ADDRESS is expected")
        }
    }
}
