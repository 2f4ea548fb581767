package import FairleadModel
import FairleadNet
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The cluster's DNS: UDP and TCP on one port, answered on the event loops that read the questions.
///
/// Guarantees:
/// - An answer is never older than the last commit that had returned when the question was read.
/// - Nothing blocks on a client: a slow TCP client is not read from, and a flood of garbage gets no answers.
/// - A port that is in use is an error; it is never shared with another server.
/// - The cost of a question is bounded by the size of its answer, which is bounded by its transport; see
///   `AnswerBudget`, `ProvenClients`, `StreamHandler` for what holds what, `DatagramHandler` for what is dropped.
///
/// It supports no recursion, zone transfers, DNSSEC or dynamic updates.
package final class DNSServer: Sendable {
    private struct Running: Sendable {
        var group: MultiThreadedEventLoopGroup
        var channels: [any Channel] = []
        /// Cancels the subscription to changes.
        var unsubscribe: @Sendable () -> Void = {}
    }

    package let configuration: DNSConfiguration
    let core: DNSCore
    private let source: any RecordSource
    private let running = Mutex<Running?>(nil)

    /// - Parameters:
    ///   - isReady: as long as it returns false, every question is answered with SERVFAIL.
    ///   - now: the time shown in the query log.
    /// - Throws: if the address to forward to is not valid.
    package init(
        configuration: DNSConfiguration, source: any RecordSource, isReady: @escaping @Sendable () -> Bool,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        self.configuration = configuration
        self.source = source
        let index = ZoneIndex(source: source, includesPods: configuration.zone.podNames == .verified)
        core = try DNSCore(configuration: configuration, index: index, isReady: isReady, now: now)
    }

    /// nil if questions are not logged.
    package var log: QueryLog? { core.log }

    /// Binds the sockets and starts answering. May be called once.
    ///
    /// - Returns: the address really bound, the same port for UDP and TCP.
    /// - Throws: `ListenFailure`; nothing is left open then.
    package func start() async throws -> DNSAddress {
        var starting = Running(
            group: MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops ?? System.coreCount))
        do {
            starting.channels = try await bind(starting.group)
        } catch {
            try? await starting.group.shutdownGracefully()
            let address = configuration.listen
            throw ListenFailure(
                error, address: address.description, port: address.port, purpose: " for DNS", flag: "--dns-listen")
        }
        starting.unsubscribe = follow(starting.group.next())
        core.forwarder?.start(on: starting.group.next())
        let started = starting
        running.withLock { $0 = started }
        return address(of: started)
    }

    /// The address that the server answers at; nil before it has started and after it has stopped.
    package var address: DNSAddress? { running.withLock { $0 }.map(address(of:)) }

    private func address(of running: Running) -> DNSAddress {
        let port = running.channels.first?.localAddress?.port ?? configuration.listen.port
        return DNSAddress(host: configuration.listen.host, port: port)
    }

    /// An event loop of the running server; nil if it does not run.
    var eventLoop: (any EventLoop)? { running.withLock { $0?.group.next() } }

    /// Runs work on each event loop, soon; on none if the server does not run.
    package func onEachLoop(_ work: @escaping @Sendable () -> Void) {
        guard let running = running.withLock({ $0 }) else { return }
        for loop in running.group.makeIterator() { loop.execute(work) }
    }

    package func shutdown() async {
        guard let running = running.withLock({ running in running.take() }) else { return }
        running.unsubscribe()
        for channel in running.channels { try? await channel.close() }
        try? await running.group.shutdownGracefully()
    }

    /// Keeps the index up to date between questions, so that it stays within the source's history.
    private func follow(_ eventLoop: any EventLoop) -> @Sendable () -> Void {
        let clock = ProgrammingClock(index: core.index, metrics: core.metrics, eventLoop: eventLoop)
        let index = core.index
        eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .seconds(30)) { _ in index.catchUp() }
        return source.onChange(of: core.index.resources) { clock.wake() }
    }

    /// A port that is free for TCP may be taken for UDP: with port 0, another port is tried.
    private func bind(_ group: MultiThreadedEventLoopGroup) async throws -> [any Channel] {
        var attempts = configuration.listen.port == 0 ? 10 : 1
        while true {
            attempts -= 1
            let stream = try await listen(group)
            do {
                return [stream] + (try await bindDatagrams(group, port: stream.localAddress?.port ?? 0))
            } catch {
                try? await stream.close()
                if attempts == 0 { throw error }
            }
        }
    }

    private func listen(_ group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        let core = core
        let lists = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { eventLoop in
                (ObjectIdentifier(eventLoop), NIOLoopBoundBox.makeBoxSendingValue(StreamList(), eventLoop: eventLoop))
            })
        let logger = core.logger
        return try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptFailures(logger: logger))
                }
            }
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 16 * 1024, high: 64 * 1024))
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // The kernel's send buffer for a client that does not read; left alone, it would grow to some megabytes.
            .childChannelOption(.socketOption(.so_sndbuf), value: 128 * 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let list = lists[ObjectIdentifier(channel.eventLoop)]?.value else { return }
                    guard core.connectionOpened() || list.closeIdlest() else {
                        core.connectionClosed()
                        throw ChannelError.ioOnClosedChannel
                    }
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(core: core, list: list))
                }
            }
            .bind(to: try configuration.listen.socketAddress()).get()
    }

    /// One socket per event loop; the kernel distributes clients among them.
    private func bindDatagrams(_ group: MultiThreadedEventLoopGroup, port: Int) async throws -> [any Channel] {
        var address = configuration.listen
        address.port = port
        let target = try address.socketAddress()
        // With SO_REUSEPORT, the port could also be shared with another server of the same user.
        try await DatagramBootstrap(group: group).bind(to: target).get().close()
        var channels: [any Channel] = []
        do {
            for eventLoop in group.makeIterator() { channels.append(try await bindDatagram(eventLoop, target)) }
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
        return channels
    }

    private func bindDatagram(_ eventLoop: any EventLoop, _ address: SocketAddress) async throws -> any Channel {
        let core = core
        return try await DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1)
            .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelOption(.datagramVectorReadMessageCount, value: Self.batch)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.batch * 4096))
            .channelOption(.maxMessagesPerRead, value: 1)
            // Room for a batch of the largest usual answers before they are flushed.
            .channelOption(.writeBufferWaterMark, value: .init(low: 128 * 1024, high: 512 * 1024))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(core: core))
                }
            }
            .bind(to: address).get()
    }

    /// How many datagrams one system call reads; each may have 4096 bytes, far more than any question.
    private static let batch = 32
}
