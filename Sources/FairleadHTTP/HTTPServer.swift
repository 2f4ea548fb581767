package import FairleadAPI
import FairleadNet
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A minimal HTTP server, with and without TLS: sockets in, `APIRequest` out, `APIOutcome` back.
///
/// Guarantees:
/// - The handler is called on an event loop, once per complete request, in the order of the requests of a connection;
///   answers go out in that order. It must not block: work that waits belongs in `APIOutcome.deferred`.
/// - A stream is pulled only while its client keeps reading, and is cancelled exactly when its connection ends, the
///   server stops, or the stream itself has ended.
/// - Bodies beyond the limit, malformed requests and requests from web pages never reach the handler.
///
/// A connection leaves HTTP for a session (`APIOutcome.session`): messages of a WebSocket, or the bytes of SPDY. Pods
/// are talked to that way, over HTTP/1.1 alone. Behind TLS there is HTTP/2 as well.
package final class HTTPServer: Sendable {
    private struct Running: Sendable {
        var group: MultiThreadedEventLoopGroup { eventLoops.group }
        var eventLoops: ServerLoops
        var listeners: [any Channel]
        var secureListeners: [any Channel] = []
        /// What TLS shows to new connections; nil without such a door.
        var tls: TLSContext?
        var loops: [NIOLoopBound<LoopContext>]
        var counters: [LoopCounters]
        var compute: ComputePool?
        var sessions: SessionKeeper?
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
    private let sharedLoops: ServerLoops?
    private let state = Mutex<State>(.new)

    /// - Parameters:
    ///   - metrics: counts requests by their labels.
    ///   - loops: shut down by whoever has made them, after the server; nil for some of its own.
    package init(
        configuration: HTTPServerConfiguration, handler: @escaping @Sendable (APIRequest) -> APIOutcome,
        logger: Logger, metrics: RequestMetrics? = nil, loops: ServerLoops? = nil
    ) {
        self.metrics = metrics
        sharedLoops = loops
        self.configuration = configuration
        self.handler = handler
        self.logger = logger
    }

    /// Listens on all configured addresses, or on none if one of them is unavailable. May be called once.
    ///
    /// - Returns: The addresses without TLS actually bound, in the order of the configuration, with their ports.
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
                    running.listeners.append(try await listen(on: resolved, .plain, running))
                } catch {
                    throw Self.failure(error, given)
                }
            }
            if let door = configuration.secure {
                let context = try Self.context(door)
                running.tls = context
                running.secureListeners = try await listen(door, context, running)
            }
        } catch {
            await stop(running)
            throw error
        }
        let started = running
        state.withLock { $0 = .running(started) }
        return started.listeners.map(Self.address)
    }

    /// The addresses of the door with TLS, as they are bound; none before the start, and without such a door.
    package var secureAddresses: [HTTPAddress] {
        guard case .running(let running) = state.withLock({ $0 }) else { return [] }
        return running.secureListeners.map(Self.address)
    }

    /// Connections from now on are shown this certificate.
    /// - Throws: `HTTPServerError.badCredentials`; the one before stays.
    package func renew(_ credentials: SecureDoor.Credentials) throws(HTTPServerError) {
        guard case .running(let running) = state.withLock({ $0 }) else { return }
        do {
            running.tls?.replace(by: try TLSSettings.context(credentials))
        } catch {
            throw .badCredentials("\(error)")
        }
    }

    private static func address(of listener: any Channel) -> HTTPAddress {
        HTTPAddress(host: listener.localAddress?.ipAddress ?? "", port: listener.localAddress?.port ?? 0)
    }

    private static func context(_ door: SecureDoor) throws(HTTPServerError) -> TLSContext {
        do {
            return TLSContext(try TLSSettings.context(door.credentials))
        } catch {
            throw .badCredentials("\(error)")
        }
    }

    private func listen(
        _ door: SecureDoor, _ context: TLSContext, _ running: Running
    ) async throws -> [any Channel] {
        var listeners: [any Channel] = []
        for address in door.addresses {
            do {
                do {
                    listeners.append(try await listen(on: address.resolved(), .secure(door, context), running))
                } catch let error as IOError where error.errnoCode == EADDRINUSE && door.takesFreePort {
                    var free = address
                    free.port = 0
                    listeners.append(try await listen(on: free.resolved(), .secure(door, context), running))
                }
            } catch {
                for listener in listeners { try? await listener.close() }  // the error that is thrown says more
                throw Self.failure(error, address, flag: "--tls-listen")
            }
        }
        return listeners
    }

    private static func explaining<Result>(_ address: HTTPAddress, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw failure(error, address) }
    }

    private static func failure(
        _ error: any Error, _ address: HTTPAddress, flag: String = "--listen"
    ) -> HTTPServerError {
        let failure = ListenFailure(error, address: address.description, port: address.port, flag: flag)
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
        let shared = sharedLoops ?? ServerLoops(count: configuration.eventLoops)
        var running = Running(eventLoops: shared, listeners: [], loops: [], counters: [])
        let perProcess =
            configuration.maximumConnections ?? FileLimit.left(of: fileLimit, reserved: configuration.reservedFiles)
        let eventLoops = Array(shared.group.makeIterator())
        let core = ServerCore(
            configuration: configuration, handler: handler, logger: logger,
            maximumConnections: max(1, perProcess / eventLoops.count),
            timeouts: ServerCore.Timeouts(configuration),
            compute: ComputePool(
                threads: configuration.computeThreads, maximumRequests: configuration.maximumHeavyRequests,
                maximumPerClient: configuration.maximumHeavyRequestsPerClient),
            bodies: BodyBudget(bytes: configuration.bodyMemory), metrics: metrics,
            sessions: SessionKeeper(maximum: configuration.maximumSessions))
        running.compute = core.compute
        running.sessions = core.sessions
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

    /// The two ways in.
    private enum Door: Sendable {
        case plain
        case secure(SecureDoor, TLSContext)
    }

    private func listen(on address: SocketAddress, _ door: Door, _ running: Running) async throws -> any Channel {
        let isLoopback = LoopbackGuard.isLoopback(address)
        let isForOwner = isLoopback && configuration.isForOwner
        let byLoop: [ObjectIdentifier: NIOLoopBound<LoopContext>] = Dictionary(
            uniqueKeysWithValues: zip(running.group.makeIterator().map { ObjectIdentifier($0) }, running.loops))
        let logger = logger
        // Neither TLS nor HTTP/2 goes on in one direction only.
        var mayHalfClose = false
        if case .plain = door { mayHalfClose = true }
        let bootstrap = ServerBootstrap(group: running.group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptFailures(logger: logger))
                }
            }
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: mayHalfClose)
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 32 * 1024, high: 128 * 1024)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = byLoop[ObjectIdentifier(channel.eventLoop)]?.value else { return }
                    let pipeline = channel.pipeline.syncOperations
                    switch door {
                    case .plain:
                        let entrance = Entrance(isGuarded: isLoopback, isForOwner: isForOwner)
                        try pipeline.addHandlers(Connection.overHTTP1(loop, entrance))
                    case .secure(let door, let context):
                        let tls = TLSSettings.handler(context.current)
                        try pipeline.addHandlers([tls, TLSHandshake(loop: loop, tls: tls, door: door)])
                    }
                }
            }
        return try await bootstrap.bind(to: address).get()
    }

    private func stop(_ running: Running) async {
        for listener in running.listeners + running.secureListeners { try? await listener.close() }
        let drained = running.loops.map { loop in loop.eventLoop.flatSubmit { loop.value.drain() } }
        for loop in drained { try? await loop.get() }
        running.compute?.shutdown()
        running.sessions?.stop()
        if sharedLoops == nil { await running.eventLoops.shutdown() }
    }
}
