import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

#if os(Linux)
    /// One question to the kernel about one socket (linux/inet_diag.h).
    enum SocketDiagnosis {
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
        private static let hasAnsweredTCP = Atomic(false)
        private static let hasAnsweredUDP = Atomic(false)

        static func owner(
            local: PeerOwner.Endpoint, remote: PeerOwner.Endpoint, _ transport: PeerOwner.Transport
        ) -> Answer {
            let socket = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_INET_DIAG)
            guard socket >= 0 else { return .noAnswer }
            defer { close(socket) }
            let question = question(local, remote, transport)
            guard send(socket, question, question.count, 0) == question.count else { return .noAnswer }
            var answer = [UInt8](repeating: 0, count: 512)
            // The kernel has answered before `send` returned.
            let count = recv(socket, &answer, answer.count, Int32(MSG_DONTWAIT))
            guard count >= answerSize, integer(answer, 4, UInt16.self) == byFamily else {
                let isUnknown =
                    count >= headerSize + 4 && integer(answer, 4, UInt16.self) == NLMSG_ERROR
                    && Int32(bitPattern: integer(answer, headerSize, UInt32.self)) == -ENOENT
                return isUnknown && hasAnswered(transport) ? .nobody : .noAnswer
            }
            noteAnswer(transport)
            // A socket that listens is found where there is no connection; one for datagrams need not be connected.
            let identity = headerSize + 4
            let size = transport == .tcp ? 4 : 2
            guard answer[identity..<identity + size] == ports(local, remote)[..<size] else { return .nobody }
            let uid = integer(answer, headerSize + 64, UInt32.self)
            let inode = integer(answer, headerSize + 68, UInt32.self)
            return inode == 0 ? .nobody : .user(uid)
        }

        private static func hasAnswered(_ transport: PeerOwner.Transport) -> Bool {
            switch transport {
            case .tcp: hasAnsweredTCP.load(ordering: .relaxed)
            case .udp: hasAnsweredUDP.load(ordering: .relaxed)
            }
        }

        private static func noteAnswer(_ transport: PeerOwner.Transport) {
            switch transport {
            case .tcp: hasAnsweredTCP.store(true, ordering: .relaxed)
            case .udp: hasAnsweredUDP.store(true, ordering: .relaxed)
            }
        }

        private static func question(
            _ local: PeerOwner.Endpoint, _ remote: PeerOwner.Endpoint, _ transport: PeerOwner.Transport
        ) -> [UInt8] {
            // For datagrams, the kernel takes the two ends the other way round.
            let (first, second) = transport == .tcp ? (local, remote) : (remote, local)
            let number = transport == .tcp ? IPPROTO_TCP : IPPROTO_UDP
            var body: [UInt8] = [UInt8(local.address.count == 4 ? AF_INET : AF_INET6), UInt8(number), 0, 0]
            body += bytes(UInt32.max)
            body += ports(first, second)
            for end in [first, second] { body += end.address + [UInt8](repeating: 0, count: 16 - end.address.count) }
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
#endif
