import NIOCore

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whether the process at the other end of a loopback connection belongs to the user who runs this one, or to root.
///
/// The kernel knows the owner of each socket. It is asked over netlink (`sock_diag(7)`), which takes some microseconds
/// however many sockets there are; where that is not to be had, `/proc/net/tcp` is read. A socket that its process has
/// closed already has no owner any more, and counts as unknown. On other systems than Linux nobody is refused.
enum PeerOwner {
    /// Why the client is refused; nil for one that may come in.
    static func refusal(of channel: any Channel) -> String? {
        #if os(Linux)
            guard let client = channel.remoteAddress.flatMap(Endpoint.init),
                let server = channel.localAddress.flatMap(Endpoint.init)
            else { return unknown }
            guard let uid = owner(of: client, to: server, inTable: SocketTable.owner) else { return unknown }
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
            of client: Endpoint, to server: Endpoint, inTable table: (Endpoint, Endpoint) -> UInt32?
        ) -> UInt32? {
            switch SocketDiagnosis.owner(local: client, remote: server) {
            case .user(let uid): uid
            case .nobody: nil
            case .noAnswer: table(client, server)
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

#if os(Linux)
    /// One question to the kernel about one socket (linux/inet_diag.h).
    private enum SocketDiagnosis {
        private static let byFamily: UInt16 = 20
        private static let headerSize = 16
        private static let answerSize = headerSize + 72

        enum Answer {
            case user(UInt32)
            /// The socket is closed, or unknown.
            case nobody
            /// The kernel does not answer such questions.
            case noAnswer
        }

        /// Whether the kernel has ever answered: one that cannot says of every socket that there is none.
        private static let hasAnswered = Atomic(false)

        static func owner(local: PeerOwner.Endpoint, remote: PeerOwner.Endpoint) -> Answer {
            let socket = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_INET_DIAG)
            guard socket >= 0 else { return .noAnswer }
            defer { close(socket) }
            let question = question(local, remote)
            guard send(socket, question, question.count, 0) == question.count else { return .noAnswer }
            var answer = [UInt8](repeating: 0, count: 512)
            // The kernel has answered before `send` returned.
            let count = recv(socket, &answer, answer.count, Int32(MSG_DONTWAIT))
            guard count >= answerSize, integer(answer, 4, UInt16.self) == byFamily else {
                let isUnknown =
                    count >= headerSize + 4 && integer(answer, 4, UInt16.self) == NLMSG_ERROR
                    && Int32(bitPattern: integer(answer, headerSize, UInt32.self)) == -ENOENT
                return isUnknown && hasAnswered.load(ordering: .relaxed) ? .nobody : .noAnswer
            }
            hasAnswered.store(true, ordering: .relaxed)
            // A socket that listens is found where there is no connection.
            let identity = headerSize + 4
            guard Array(answer[identity..<identity + 4]) == ports(local, remote) else { return .nobody }
            let uid = integer(answer, headerSize + 64, UInt32.self)
            let inode = integer(answer, headerSize + 68, UInt32.self)
            return inode == 0 ? .nobody : .user(uid)
        }

        private static func question(_ local: PeerOwner.Endpoint, _ remote: PeerOwner.Endpoint) -> [UInt8] {
            let isIPv4 = local.address.count == 4
            var body: [UInt8] = [UInt8(isIPv4 ? AF_INET : AF_INET6), UInt8(IPPROTO_TCP), 0, 0]
            body += bytes(UInt32.max)
            body += ports(local, remote)
            for end in [local, remote] { body += end.address + [UInt8](repeating: 0, count: 16 - end.address.count) }
            body += bytes(UInt32(0)) + bytes(UInt64.max)
            return bytes(UInt32(headerSize + body.count)) + bytes(byFamily) + bytes(UInt16(NLM_F_REQUEST))
                + bytes(UInt64(0)) + body
        }

        private static func ports(_ local: PeerOwner.Endpoint, _ remote: PeerOwner.Endpoint) -> [UInt8] {
            bytes(local.port.bigEndian) + bytes(remote.port.bigEndian)
        }

        private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            withUnsafeBytes(of: number) { Array($0) }
        }

        private static func integer<Number: FixedWidthInteger>(
            _ bytes: [UInt8], _ offset: Int, _ type: Number.Type
        ) -> Number {
            bytes[offset..<offset + MemoryLayout<Number>.size].reversed().reduce(0) { $0 << 8 | Number($1) }
        }

        private static let NETLINK_INET_DIAG: Int32 = 4
        private static let NLM_F_REQUEST = 1
        private static let NLMSG_ERROR: UInt16 = 2
    }

    /// The kernel's list of all sockets, which takes longer the more there are.
    enum SocketTable {
        static func owner(local: PeerOwner.Endpoint, remote: PeerOwner.Endpoint) -> UInt32? {
            owner(local: local, remote: remote, in: read(local.address.count == 4 ? "/proc/net/tcp" : "/proc/net/tcp6"))
        }

        /// - Parameter table: the text of `/proc/net/tcp` or `tcp6`.
        static func owner(local: PeerOwner.Endpoint, remote: PeerOwner.Endpoint, in table: String) -> UInt32? {
            let wanted = [Substring(text(local)), Substring(text(remote))]
            for line in table.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                guard fields.count > 9, Array(fields[1...2]) == wanted else { continue }
                return fields[9] == "0" ? nil : UInt32(fields[7])
            }
            return nil
        }

        /// Words of four bytes in the machine's order, then the port, in hexadecimal digits.
        private static func text(_ end: PeerOwner.Endpoint) -> String {
            let words = stride(from: 0, to: end.address.count, by: 4).map { start in
                end.address[start..<start + 4].reversed().map { hexadecimal(UInt64($0), digits: 2) }.joined()
            }
            return words.joined() + ":" + hexadecimal(UInt64(end.port), digits: 4)
        }

        private static func hexadecimal(_ number: UInt64, digits: Int) -> String {
            let text = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }

        private static func read(_ path: String) -> String {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return "" }
            defer { close(file) }
            var text: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 64 << 10)
            while text.count < 64 << 20 {
                let count = Glibc.read(file, &part, part.count)
                guard count > 0 else { break }
                text += part[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        }
    }
#endif
