import CFairleadNamespaces
import FairleadNet
import Logging
import NIOCore
import NIOPosix

/// The sockets that the lab listens on, in all of its namespaces. One task at a time may change it.
actor ListenerSet {
    private struct Open {
        var channel: any Channel
        var connections: Connections
    }

    private struct Bound: Sendable {
        var listener: Listener
        var descriptor: Int32
    }

    private let folder: LabFolder
    private let thread: NamespaceThread
    private let group: any EventLoopGroup
    private let service: ListenerService
    private let logger: Logger
    private var open: [Listener: Open] = [:]
    /// What could not be opened, so that it is said once.
    private var refused: Set<Listener> = []

    init(
        folder: LabFolder, thread: NamespaceThread, group: any EventLoopGroup, service: ListenerService, logger: Logger
    ) {
        self.folder = folder
        self.thread = thread
        self.group = group
        self.service = service
        self.logger = logger
    }

    var count: Int { open.count }

    /// Closes everything that is not wanted, with its connections.
    func close(allBut wanted: Set<Listener>) async {
        let unwanted = open.filter { !wanted.contains($0.key) }
        for (listener, opened) in unwanted {
            open[listener] = nil
            opened.connections.closeAll()
            // It is closed already if this fails.
            try? await opened.channel.close()
        }
        refused.formIntersection(wanted)
    }

    /// Opens what is wanted and is not open. The namespaces must exist.
    ///
    /// - Returns: whether all of it is open now.
    func open(_ wanted: Set<Listener>) async -> Bool {
        let missing = wanted.filter { open[$0] == nil }
        if missing.isEmpty { return true }
        let folder = folder
        let groups = Dictionary(grouping: missing, by: \.namespace)
        let (bound, failures): ([Bound], [Listener: SystemFailure])
        do {
            (bound, failures) = try await thread.run { Self.bind(groups, folder) }
        } catch {
            logger.error("sockets cannot be opened", metadata: ["error": .string("\(error)")])
            return false
        }
        for (listener, failure) in failures where refused.insert(listener).inserted {
            logger.error("the lab cannot listen", metadata: ["error": .string(failure.description)])
        }
        for one in bound { await start(one) }
        return failures.isEmpty
    }

    private static func bind(
        _ groups: [String: [Listener]], _ folder: LabFolder
    ) -> ([Bound], [Listener: SystemFailure]) {
        var bound: [Bound] = []
        var failures: [Listener: SystemFailure] = [:]
        for (namespace, listeners) in groups {
            do {
                try Namespaces.inside(folder.namespace(namespace)) {
                    for listener in listeners {
                        let descriptor = fairlead_socket_bound(
                            listener.address, Int32(clamping: listener.port), listener.transport == .tcp,
                            listener.takesBothFamilies)
                        if descriptor < 0 {
                            let what = "listening on \(listener.address) port \(listener.port) in \(namespace)"
                            failures[listener] = SystemFailure(what, code: -descriptor)
                        } else {
                            bound.append(Bound(listener: listener, descriptor: descriptor))
                        }
                    }
                }
            } catch {
                let failure = error as? SystemFailure ?? SystemFailure("entering \(namespace)", code: 0)
                for listener in listeners { failures[listener] = failure }
            }
        }
        return (bound, failures)
    }

    private func start(_ bound: Bound) async {
        let connections = Connections(most: service.limits.connections)
        do {
            let channel =
                bound.listener.transport == .tcp
                ? try await listen(bound, connections)
                : try await service.datagrams(bound.listener, group).withBoundSocket(bound.descriptor).get()
            open[bound.listener] = Open(channel: channel, connections: connections)
        } catch {
            logger.error("a socket cannot be served", metadata: ["error": .string("\(error)")])
        }
    }

    private func listen(_ bound: Bound, _ connections: Connections) async throws -> any Channel {
        let service = service
        let logger = logger
        let listener = bound.listener
        return try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptFailures(logger: logger))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                guard connections.add(channel) else { return channel.close() }
                return service.accept(channel, listener)
            }
            .withBoundSocket(bound.descriptor).get()
    }

    func closeAll() async { await close(allBut: []) }
}
