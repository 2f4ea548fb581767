import CFairleadNamespaces
import FairleadModel
import NIOCore
import NIOHTTP1
import NIOPosix

/// What answers on each of the lab's sockets.
struct ListenerService: Sendable {
    let limits: LabLimits
    let upstreams: Upstreams

    /// Prepares a connection that has been accepted. Fails if nothing can answer it: it is closed then.
    func accept(_ channel: any Channel, _ listener: Listener) -> EventLoopFuture<Void> {
        switch listener.purpose {
        case .echo(let identity): return echo(channel, identity, isRedirected: false)
        case .echoOnAllPorts(let identity): return echo(channel, identity, isRedirected: true)
        case .apiServer(let isLocal):
            let server = upstreams.apiServer
            guard !isLocal else { return relay(channel) { upstreams.connect(to: server, on: channel.eventLoop, $0) } }
            return relayRequests(channel, host: server.hostAndPort) {
                upstreams.connect(to: server, on: channel.eventLoop, $0)
            }
        case .clusterDNS:
            guard let server = upstreams.clusterDNS else { return channel.close() }
            return relay(channel) { upstreams.connect(to: server, on: channel.eventLoop, $0) }
        case .balancer(let port):
            return relay(channel) { upstreams.connect(behind: port, on: channel.eventLoop, $0) }
        }
    }

    private func echo(_ channel: any Channel, _ identity: EchoIdentity, isRedirected: Bool) -> EventLoopFuture<Void> {
        let (idle, silence) = (TimeAmount(limits.idle), TimeAmount(limits.silence))
        return channel.eventLoop.makeCompletedFuture {
            let source = EchoAnswer.End(
                address: channel.remoteAddress?.ipAddress ?? "", port: channel.remoteAddress?.port)
            var own = EchoAnswer.End(address: channel.localAddress?.ipAddress ?? "", port: channel.localAddress?.port)
            if isRedirected {
                own.port = try Self.originalPort(channel)
                let isIPv4 = !own.address.contains(":")
                own.address = identity.addresses.first { $0.isIPv4 == isIPv4 }?.description ?? own.address
            }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([IdleStateHandler(allTimeout: idle), IdleEnd()])
            try pipeline.addHandler(EchoGate(EchoAnswer(identity, .tcp, from: source, to: own), patience: silence))
        }
    }

    /// nil if the kernel does not know it.
    private static func originalPort(_ channel: any Channel) throws -> Int? {
        let port = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            fairlead_socket_original_port($0)
        }
        return port.flatMap { $0 < 0 ? nil : Int($0) }
    }

    private typealias Connect =
        (@escaping @Sendable (any Channel) -> EventLoopFuture<Void>) -> EventLoopFuture<any Channel>

    private func relay(_ channel: any Channel, _ connect: Connect) -> EventLoopFuture<Void> {
        let pair = NIOLoopBound(RelayPair.bytes(), eventLoop: channel.eventLoop)
        return relay(channel, pair, connect) { $0.pipeline.eventLoop.makeSucceededVoidFuture() }
    }

    private func relayRequests(_ channel: any Channel, host: String, _ connect: Connect) -> EventLoopFuture<Void> {
        let pair = NIOLoopBound(RelayPair.requests(host: host), eventLoop: channel.eventLoop)
        do {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: true)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return relay(channel, pair, connect) { upstream in
            upstream.eventLoop.makeCompletedFuture { try upstream.pipeline.syncOperations.addHTTPClientHandlers() }
        }
    }

    /// - Parameter prepare: puts in front of the far side what it needs to understand the server.
    private func relay<Near, Far>(
        _ channel: any Channel, _ pair: NIOLoopBound<RelayPair<Near, Far>>, _ connect: Connect,
        _ prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<Void> {
        let added = channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(pair.value.near)
            pair.value.near.connected()
        }
        connect { upstream in
            prepare(upstream).flatMapThrowing { try upstream.pipeline.syncOperations.addHandler(pair.value.far) }
        }.whenComplete { result in
            switch result {
            case .success: pair.value.far.connected()
            // As a server's machine would that has nothing to say.
            case .failure: channel.close(promise: nil)
            }
        }
        return added
    }

    /// What answers datagrams.
    func datagrams(_ listener: Listener, _ group: any EventLoopGroup) -> DatagramBootstrap {
        let service = self
        return DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    switch listener.purpose {
                    case .echo(let identity): try pipeline.addHandler(EchoDatagrams(identity, port: listener.port))
                    case .echoOnAllPorts(let identity): try pipeline.addHandler(EchoDatagrams(identity, port: nil))
                    case .clusterDNS:
                        guard let server = service.upstreams.clusterDNS else { return }
                        try pipeline.addHandler(DatagramRelay(to: server, mostClients: service.limits.connections))
                    // They are streams.
                    case .apiServer, .balancer: return
                    }
                }
            }
    }
}

extension Listener {
    /// The one for all ports of a pod needs a socket of each family: only so does the kernel tell the real port.
    var takesBothFamilies: Bool {
        if case .echoOnAllPorts = purpose { return false }
        return address == "::"
    }
}

extension SocketAddress {
    /// As in a Host header.
    fileprivate var hostAndPort: String {
        let host = ipAddress ?? "127.0.0.1"
        return (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }
}
