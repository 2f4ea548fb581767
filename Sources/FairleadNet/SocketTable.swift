#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

#if os(Linux)
    /// The kernel's list of all sockets, which takes longer the more there are.
    enum SocketTable {
        static func owner(
            local: PeerOwner.Endpoint, remote: PeerOwner.Endpoint, _ transport: PeerOwner.Transport
        ) -> UInt32? {
            let path = transport == .tcp ? "/proc/net/tcp" : "/proc/net/udp"
            if local.address.count == 4, let uid = owner(local: local, remote: remote, transport, in: read(path)) {
                return uid
            }
            // A socket for both families talks IPv4, too.
            return owner(local: local.mapped, remote: remote.mapped, transport, in: read(path + "6"))
        }

        /// - Parameter table: the text of `/proc/net/tcp` or one of its siblings.
        static func owner(
            local: PeerOwner.Endpoint, remote: PeerOwner.Endpoint, _ transport: PeerOwner.Transport, in table: String
        ) -> UInt32? {
            var locals = [text(local)]
            var remotes = [text(remote)]
            if transport == .udp {
                // A socket for datagrams may have no address of its own, and need not be connected.
                locals.append(text(.unspecified(like: local, port: local.port)))
                remotes.append(text(.unspecified(like: remote, port: 0)))
            }
            for line in table.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                guard fields.count > 9, locals.contains(where: { $0 == fields[1] }),
                    remotes.contains(where: { $0 == fields[2] })
                else { continue }
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
