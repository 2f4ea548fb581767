package import AsyncHTTPClient
import FairleadModel
import FairleadNet
package import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// HTTPS to servers outside of the simulation: clients whose connections are kept, of webhooks and of APIServices.
///
/// Each event loop has clients of its own, so a request that is made on a loop never leaves it. Bounded: what is used
/// least recently makes room, and what is in use stays.
package final class KeptClients: Sendable {
    /// By what a server is recognised, and how this one makes itself known.
    package struct Trust: Hashable, Sendable {
        /// PEM; nil for the authorities that the machine trusts.
        package var authorities: [UInt8]?
        package var skipsVerification: Bool
        /// Tells client certificates apart.
        package var certificate: Int

        package init(authorities: [UInt8]?, skipsVerification: Bool = false, certificate: Int = 0) {
            self.authorities = authorities
            self.skipsVerification = skipsVerification
            self.certificate = certificate
        }

        /// Looked up for each request: certificates differ in their ends, so that much is enough.
        package func hash(into hasher: inout Hasher) {
            hasher.combine(authorities?.suffix(64))
            hasher.combine(certificate)
        }
    }

    /// A name whose connections go to an address that somebody else has found.
    package struct Override: Hashable, Sendable {
        package var name: String
        package var address: String

        package init(name: String, address: String) {
            self.name = name
            self.address = address
        }
    }

    /// A client and how many requests use it; its end is the end of the use.
    package final class Lease: Sendable {
        package let client: HTTPClient
        private let owner: KeptClients
        private let key: Key

        fileprivate init(_ client: HTTPClient, _ owner: KeptClients, _ key: Key) {
            self.client = client
            self.owner = owner
            self.key = key
        }

        deinit { owner.state.withLock { state in state.entries[key]?.uses -= 1 } }
    }

    fileprivate struct Key: Hashable, Sendable {
        var eventLoop: ObjectIdentifier
        var override: Override?
        var trust: Trust
    }

    private struct Entry {
        var client: HTTPClient
        var uses: Int
        /// When it was last taken, in takings.
        var taken: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var settings: [Trust: TLSConfiguration] = [:]
        var takings: UInt64 = 0
        var isShutDown = false

        mutating func take(_ key: Key) -> HTTPClient? {
            takings &+= 1
            guard let place = entries.index(forKey: key) else { return nil }
            entries.values[place].uses += 1
            entries.values[place].taken = takings
            return entries.values[place].client
        }
    }

    private static let maximumSettings = 256

    private let eventLoops: [any EventLoop]
    private let maximumConnections: Int
    private let maximumClients: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - group: whose loops the connections live on; it is there for longer than this.
    ///   - maximumConnections: to one server, on one loop.
    ///   - maximumClients: of all servers, on all loops.
    package init(
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, maximumConnections: Int,
        maximumClients: Int = 128
    ) {
        self.maximumClients = maximumClients
        eventLoops = Array(group.makeIterator())
        self.maximumConnections = maximumConnections
    }

    /// Whether this runs on one of the loops.
    package var isOnEventLoop: Bool { eventLoops.contains(where: \.inEventLoop) }

    /// Closes all connections. Requests fail from then on.
    package func shutdown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.entries = [:] }
            return state.entries.values.map(\.client)
        }
        for client in clients {
            // It fails only if it has been shut down already.
            try? await client.shutdown()
        }
    }

    /// - Parameter makeSettings: called the first time that somebody is trusted that way.
    /// - Throws: if there are too many servers, and the connections to all of them are in use.
    package func client(
        _ override: Override?, _ trust: Trust, _ makeSettings: () throws(WebhookFailure) -> TLSConfiguration
    ) async throws(WebhookFailure) -> Lease {
        let eventLoop = eventLoop(for: override, trust)
        let key = Key(eventLoop: ObjectIdentifier(eventLoop), override: override, trust: trust)
        let settings: TLSConfiguration
        switch state.withLock({ state in state.isShutDown ? nil : state.take(key) }) {
        case let client?: return Lease(client, self, key)
        case nil: settings = try self.settings(trust, makeSettings)
        }
        let (lease, idle) = try state.withLock { state throws(WebhookFailure) -> (Lease, HTTPClient?) in
            guard !state.isShutDown else { throw WebhookFailure("the server is shutting down") }
            if let client = state.take(key) { return (Lease(client, self, key), nil) }
            var idle: HTTPClient?
            if state.entries.count >= maximumClients {
                let unused = state.entries.filter { $0.value.uses <= 0 }
                guard let oldest = unused.min(by: { $0.value.taken < $1.value.taken }) else {
                    throw WebhookFailure("too many servers are in use")
                }
                idle = state.entries.removeValue(forKey: oldest.key)?.client
            }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(eventLoop), configuration: configuration(override, settings))
            state.entries[key] = Entry(client: client, uses: 1, taken: state.takings)
            return (Lease(client, self, key), idle)
        }
        if let idle {
            // Nobody uses it, so its end concerns nobody.
            try? await idle.shutdown()
        }
        return lease
    }

    /// The loop that this runs on; for what runs elsewhere always the same one, so that connections are found again.
    private func eventLoop(for override: Override?, _ trust: Trust) -> any EventLoop {
        if let own = eventLoops.first(where: \.inEventLoop) { return own }
        var hasher = Hasher()
        hasher.combine(override)
        hasher.combine(trust)
        return eventLoops[Int(UInt(bitPattern: hasher.finalize()) % UInt(eventLoops.count))]
    }

    private func configuration(_ override: Override?, _ settings: TLSConfiguration) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: settings, redirectConfiguration: .disallow, timeout: .init(connect: .seconds(30)),
            decompression: .disabled)
        if let override { configuration.dnsOverride = [override.name: override.address] }
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = maximumConnections
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in
            ResponseStatusGuard.install(in: channel).flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(GatheredFlushes(), position: .first)
            }
        }
        return configuration
    }

    /// How a server is recognised, and how this one makes itself known.
    package func settings(
        _ trust: Trust, _ make: () throws(WebhookFailure) -> TLSConfiguration
    ) throws(WebhookFailure) -> TLSConfiguration {
        if let known = state.withLock({ $0.settings[trust] }) { return known }
        let made = try make()
        state.withLock { state in
            if state.settings.count >= Self.maximumSettings { state.settings = [:] }
            state.settings[trust] = made
        }
        return made
    }

    /// The settings of a client that trusts nobody but these authorities; nil for those that the machine trusts.
    ///
    /// - Parameter code: of the failure.
    package static func settings(
        trusting authorities: [UInt8]?, code: Int = 400
    ) throws(WebhookFailure) -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        guard let authorities else { return settings }
        // What cannot be read is refused in Go's words, whatever NIO says about it.
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(authorities), !certificates.isEmpty else {
            throw WebhookFailure("unable to load root certificates: unable to parse bytes as PEM block", code: code)
        }
        settings.trustRoots = .certificates(certificates)
        return settings
    }
}

/// Sends what is flushed in one turn of the event loop together: the client flushes the head of a request, then its
/// body, and each would take a system call and wake the server.
private final class GatheredFlushes: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var isDue = false

    func flush(context: ChannelHandlerContext) {
        if isDue { return }
        isDue = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (handler, context) = bound.value
            handler.flushNow(context)
        }
    }

    /// A connection that ends sends the rest first.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        flushNow(context)
        context.close(mode: mode, promise: promise)
    }

    private func flushNow(_ context: ChannelHandlerContext) {
        guard isDue else { return }
        isDue = false
        context.flush()
    }
}
