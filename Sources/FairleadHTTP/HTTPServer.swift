package import FairleadAPI
import FairleadNet
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A minimal HTTP/1.1 server: sockets in, `APIRequest` out, `APIOutcome` back.
///
/// Guarantees:
/// - The handler is called on an event loop, once per complete request, in the order of the requests of a connection;
///   answers go out in that order. It must not block: work that waits belongs in `APIOutcome.deferred`.
/// - A stream is pulled only while its client keeps reading, and is cancelled exactly when its connection ends, the
///   server stops, or the stream itself has ended.
/// - Bodies beyond the limit, malformed requests and requests from web pages never reach the handler.
///
/// It supports neither TLS nor HTTP/2 nor WebSockets.
package final class HTTPServer: Sendable {
    private struct Running: Sendable {
        var group: MultiThreadedEventLoopGroup
        var listeners: [any Channel]
        var loops: [NIOLoopBound<LoopContext>]
        var counters: [LoopCounters]
        var compute: ComputePool?
    }

    private enum State {
        case new
        case starting
        case running(Running)
        case stopped
    }

    private let configuration: HTTPServerConfiguration
    private let handler: @Sendable (APIRequest) -> APIOutcome
    private let logger: Logger
    private let metrics: RequestMetrics?
    private let state = Mutex<State>(.new)

    /// - Parameter metrics: counts requests by their labels.
    package init(
        configuration: HTTPServerConfiguration, handler: @escaping @Sendable (APIRequest) -> APIOutcome,
        logger: Logger, metrics: RequestMetrics? = nil
    ) {
        self.metrics = metrics
        self.configuration = configuration
        self.handler = handler
        self.logger = logger
    }

    /// Listens on all configured addresses, or on none if one of them is unavailable. May be called once.
    ///
    /// - Returns: The addresses actually bound, in the order of the configuration, with their ports.
    /// - Throws: `HTTPServerError`.
    package func start() async throws -> [HTTPAddress] {
        let mayStart = state.withLock { state in
            guard case .new = state else { return false }
            state = .starting
            return true
        }
        guard mayStart else { throw HTTPServerError.alreadyStarted }
        let addresses = try configuration.addresses.map { address in
            try Self.explaining(address) { (given: address, resolved: try address.resolved()) }
        }
        for address in addresses.map(\.resolved)
        where !configuration.allowsRemote && !LoopbackGuard.isLoopback(address) {
            throw HTTPServerError.remoteAddressRefused("\(address.ipAddress ?? "\(address)")")
        }
        var running = try await makeLoops()
        do {
            for (given, resolved) in addresses {
                do {
                    let listener = try await listen(on: resolved, loops: running.loops, group: running.group)
                    running.listeners.append(listener)
                } catch {
                    throw Self.failure(error, given)
                }
            }
        } catch {
            await stop(running)
            throw error
        }
        let started = running
        state.withLock { $0 = .running(started) }
        return started.listeners.map { listener in
            HTTPAddress(
                host: listener.localAddress?.ipAddress ?? "", port: listener.localAddress?.port ?? 0)
        }
    }

    private static func explaining<Result>(_ address: HTTPAddress, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw failure(error, address) }
    }

    private static func failure(_ error: any Error, _ address: HTTPAddress) -> HTTPServerError {
        let failure = ListenFailure(error, address: address.description, port: address.port, flag: "--listen")
        return .cannotListen(failure.description)
    }

    /// Stops accepting connections, ends all streams, lets running requests finish, and closes everything.
    package func shutdown() async {
        let running: Running? = state.withLock { state in
            defer { state = .stopped }
            guard case .running(let running) = state else { return nil }
            return running
        }
        if let running { await stop(running) }
    }

    /// Runs work on each event loop and on the threads for heavy requests, soon; on none if the server does not run.
    @Sendable package func onEachThread(_ work: @escaping @Sendable () -> Void) {
        guard case .running(let running) = state.withLock({ $0 }) else { return }
        for loop in running.group.makeIterator() { loop.execute(work) }
        running.compute?.onEachThread(work)
    }

    /// The counters of all event loops combined, as of about now.
    package var statistics: HTTPStatistics {
        let counters: [LoopCounters] = state.withLock { state in
            guard case .running(let running) = state else { return [] }
            return running.counters
        }
        var total = HTTPStatistics()
        for counter in counters { counter.add(to: &total) }
        return total
    }

    private func makeLoops() async throws -> Running {
        let fileLimit = FileLimit.raise()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops ?? System.coreCount)
        var running = Running(group: group, listeners: [], loops: [], counters: [])
        let perProcess =
            configuration.maximumConnections ?? FileLimit.left(of: fileLimit, reserved: configuration.reservedFiles)
        let eventLoops = Array(group.makeIterator())
        let core = ServerCore(
            configuration: configuration, handler: handler, logger: logger,
            maximumConnections: max(1, perProcess / eventLoops.count),
            timeouts: ServerCore.Timeouts(configuration),
            compute: ComputePool(
                threads: configuration.computeThreads, maximumRequests: configuration.maximumHeavyRequests,
                maximumPerClient: configuration.maximumHeavyRequestsPerClient),
            bodies: BodyBudget(bytes: configuration.bodyMemory), metrics: metrics)
        running.compute = core.compute
        for eventLoop in eventLoops {
            let counters = LoopCounters()
            let loop = try await eventLoop.submit {
                let context = LoopContext(core: core, eventLoop: eventLoop, counters: counters)
                context.start()
                return NIOLoopBound(context, eventLoop: eventLoop)
            }.get()
            running.loops.append(loop)
            running.counters.append(counters)
        }
        return running
    }

    private func listen(
        on address: SocketAddress, loops: [NIOLoopBound<LoopContext>], group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        let isGuarded = LoopbackGuard.isLoopback(address)
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = configuration.maximumHeaderBytes
        limits.maxHeaderFieldSize = configuration.maximumHeaderBytes
        let decoderLimits = limits
        let byLoop: [ObjectIdentifier: NIOLoopBound<LoopContext>] = Dictionary(
            uniqueKeysWithValues: zip(group.makeIterator().map { ObjectIdentifier($0) }, loops))
        let logger = logger
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptFailures(logger: logger))
                }
            }
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 32 * 1024, high: 128 * 1024)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = byLoop[ObjectIdentifier(channel.eventLoop)] else { return }
                    let decoder = HTTPRequestDecoder(
                        leftOverBytesStrategy: .dropBytes, limitConfiguration: decoderLimits)
                    let methods = MethodSpotter()
                    try channel.pipeline.syncOperations.addHandlers([
                        methods, ByteToMessageHandler(decoder),
                        Connection(loop: loop.value, methods: methods, isGuarded: isGuarded),
                    ])
                }
            }
        return try await bootstrap.bind(to: address).get()
    }

    private func stop(_ running: Running) async {
        for listener in running.listeners { try? await listener.close() }
        let drained = running.loops.map { loop in loop.eventLoop.flatSubmit { loop.value.drain() } }
        for loop in drained { try? await loop.get() }
        running.compute?.shutdown()
        try? await running.group.shutdownGracefully()
    }
}
