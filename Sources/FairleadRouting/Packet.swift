package import FairleadModel

/// The first or a later packet of a connection.
package struct Packet: Hashable, Sendable {
    package var source: Source
    package var destination: Destination
    package var port: Int
    package var transport: Transport
    /// Distinguishes connections from the same client; only `ConnectionTable` uses it.
    package var sourcePort: Int

    package init(
        from source: Source, to destination: Destination, port: Int, _ transport: Transport = .tcp,
        sourcePort: Int = 40000
    ) {
        self.source = source
        self.destination = destination
        self.port = port
        self.transport = transport
        self.sourcePort = sourcePort
    }

    /// The source of a packet.
    package enum Source: Hashable, Sendable {
        case pod(ObjectName)
        case node(String)
        /// A client outside the cluster.
        case outside(IPAddress)
    }

    package enum Destination: Hashable, Sendable {
        case address(IPAddress)
        /// A DNS name, as a program would use it.
        case name(String)
    }
}

/// The protocols of Service ports. The raw values are those of `ports[].protocol`.
package enum Transport: String, Hashable, Sendable, CaseIterable {
    case tcp = "TCP"
    case udp = "UDP"
    case sctp = "SCTP"
}

/// An address with a port and a protocol.
package struct Socket: Hashable, Sendable, CustomStringConvertible {
    package var address: IPAddress
    package var port: Int
    package var transport: Transport

    package init(_ address: IPAddress, _ port: Int, _ transport: Transport) {
        self.address = address
        self.port = port
        self.transport = transport
    }

    /// The protocol and the family are left out: few sockets differ in nothing else, and a decision looks up several.
    package func hash(into hasher: inout Hasher) {
        address.combine(into: &hasher)
        hasher.combine(port)
    }

    /// `10.96.0.10:80` or `[fd00::10]:80`.
    package var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}

extension IPAddress {
    /// As hashable as the whole address, at less than half of the cost.
    func combine(into hasher: inout Hasher) {
        hasher.combine(low)
        if !isIPv4 { hasher.combine(high) }
    }
}
