package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whether the process at the other end of a loopback socket belongs to the user who runs this one, or to root.
///
/// The kernel knows the owner of each socket. It is asked over netlink (`sock_diag(7)`), which takes some microseconds
/// however many sockets there are; where that is not to be had, its tables under `/proc/net` are read. A socket that its
/// process has closed already has no owner any more, and counts as unknown. On other systems than Linux nobody is refused.
package enum PeerOwner {
    package enum Transport: Sendable {
        case tcp, udp
    }

    /// Why the client is refused; nil for one that may come in.
    package static func refusal(of channel: any Channel) -> String? {
        refusal(of: channel.remoteAddress, at: channel.localAddress, over: .tcp)
    }

    /// Why the client is refused; nil for one that may come in.
    /// - Parameter server: our own address, to which the client has sent.
    package static func refusal(
        of client: SocketAddress?, at server: SocketAddress?, over transport: Transport
    ) -> String? {
        #if os(Linux)
            guard let client = client.flatMap(Endpoint.init), let server = server.flatMap(Endpoint.init) else {
                return unknown
            }
            guard let uid = owner(of: client, to: server, transport, inTable: SocketTable.owner) else { return unknown }
            return uid == 0 || uid == geteuid() ? nil : "this client belongs to the user with the id \(uid)"
        #else
            return nil
        #endif
    }

    private static let unknown = "whose client this is cannot be found out"

    #if os(Linux)
        /// The user whose client this is; nil if it has none, as when the client has closed it already.
        ///
        /// - Parameter table: looks in the list of all sockets: milliseconds, if there are many. Clients that come and go
        ///   must not cost that, so it is not asked about a socket of which the kernel has said that nobody owns it.
        static func owner(
            of client: Endpoint, to server: Endpoint, _ transport: Transport,
            inTable table: (Endpoint, Endpoint, Transport) -> UInt32?
        ) -> UInt32? {
            switch SocketDiagnosis.owner(local: client, remote: server, transport) {
            case .user(let uid): uid
            case .nobody: nil
            case .noAnswer: table(client, server, transport)
            }
        }
    #endif

    /// An address with its port, as bytes in network order.
    struct Endpoint: Equatable {
        var address: [UInt8]
        var port: UInt16

        init(address: [UInt8], port: UInt16) {
            self.address = address
            self.port = port
        }

        /// All zeros: any address.
        static func unspecified(like other: Self, port: UInt16) -> Self {
            Self(address: [UInt8](repeating: 0, count: other.address.count), port: port)
        }

        /// An IPv4 address as a socket for both families shows it (RFC 4291, 2.5.5.2).
        var mapped: Self {
            guard address.count == 4 else { return self }
            return Self(address: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + address, port: port)
        }

        init?(_ address: SocketAddress) {
            guard let text = address.ipAddress, let port = address.port.flatMap(UInt16.init(exactly:)),
                let bytes = Self.bytes(text)
            else { return nil }
            self.init(address: bytes, port: port)
        }

        private static func bytes(_ text: String) -> [UInt8]? {
            var four = in_addr()
            if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
            var six = in6_addr()
            if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
            return nil
        }
    }
}
