import NIOCore
import NIOPosix
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@testable import FairleadNet

/// Reading the kernel's tables, where it cannot be asked about one socket. Real sockets of two users: Tests/Access.
struct PeerOwnerTests {
    private let server = PeerOwner.Endpoint(address: [127, 0, 0, 1], port: 8080)

    private func owner(_ port: UInt16, _ transport: PeerOwner.Transport, in table: String) -> UInt32? {
        SocketTable.owner(
            local: PeerOwner.Endpoint(address: [127, 0, 0, 1], port: port), remote: server, transport, in: table)
    }

    private static let head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

    @Test func connections() {
        let table =
            Self.head + """
                   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1 0
                   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 101 1 0
                   2: 0100007F:C351 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0
                   3: 0100007F:C353 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 103 1 0
                """
        #expect(owner(50000, .tcp, in: table) == 1001)
        // Closed already: the zero is no user.
        #expect(owner(50001, .tcp, in: table) == nil)
        #expect(owner(50002, .tcp, in: table) == nil)
        // One that listens has not connected to us.
        #expect(owner(50003, .tcp, in: table) == nil)
    }

    @Test func datagrams() {
        let table =
            Self.head + """
                   0: 00000000:C350 00000000:0000 07 00000000:00000000 00:00000000 00000000  1001        0 101 2 0 0
                   1: 0100007F:C351 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 102 2 0 0
                   2: 0100007F:C352 0100007F:1F91 01 00000000:00000000 00:00000000 00000000  1003        0 103 2 0 0
                """
        #expect(owner(50000, .udp, in: table) == 1001)
        #expect(owner(50001, .udp, in: table) == 1002)
        // Connected to another port.
        #expect(owner(50002, .udp, in: table) == nil)
    }

    @Test func aSocketForBothFamiliesIsFoundInTheOtherTable() {
        let table =
            Self.head + """
                   0: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:1F90 01 0:0 00:0 0  1001 0 101 1 0
                """
        let client = PeerOwner.Endpoint(address: [127, 0, 0, 1], port: 50000)
        #expect(SocketTable.owner(local: client.mapped, remote: server.mapped, .tcp, in: table) == 1001)
    }

    #if os(Linux)
        @Test func aClientThatHasGoneIsNotLookedForInTheTable() async throws {
            let group = MultiThreadedEventLoopGroup.singleton
            let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
            let client = try await ClientBootstrap(group: group)
                .connect(to: try #require(listener.localAddress)).get()
            let here = try #require(client.localAddress.flatMap(PeerOwner.Endpoint.init))
            let there = try #require(client.remoteAddress.flatMap(PeerOwner.Endpoint.init))
            var lookups = 0
            func owner() -> UInt32? {
                PeerOwner.owner(of: here, to: there, .tcp) { _, _, _ in
                    lookups += 1
                    return 12345
                }
            }
            #expect(owner() == geteuid())
            try await client.close()
            #expect(owner() == nil)
            try await listener.close()
            #expect(owner() == nil)
            // Without sock_diag(7), as in some sandboxes, the table is all there is.
            #expect(lookups == 0)
        }
    #endif
}
