import CFairleadNamespaces
import FairleadModel
import NIOCore
import NIOPosix

/// Where relayed connections lead to.
struct Upstreams: Sendable {
    /// The API server, as seen from the machine.
    let apiServer: SocketAddress
    /// The cluster DNS, as seen from the machine; nil if there is none.
    let clusterDNS: SocketAddress?
    let balancers: BalancerTable
    /// The path of the namespace in which balancers are.
    let fabric: String
    /// Threads that wait for connections from that namespace.
    let pool: NIOThreadPool

    /// How long a node may take to accept a balancer's connection.
    private static let patience: Int32 = 5000

    /// Connects to the machine's own servers.
    func connect(
        to address: SocketAddress, on eventLoop: any EventLoop,
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        bootstrap(eventLoop, initializer).connect(to: address)
    }

    /// Connects to the node port behind a balancer's port, from the balancer's address.
    func connect(
        behind port: BalancerPort, on eventLoop: any EventLoop,
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        guard let target = balancers.target(of: port) else {
            return eventLoop.makeFailedFuture(SystemFailure("choosing a node", code: 111))
        }
        let fabric = fabric
        return pool.runIfActive(eventLoop: eventLoop) { () throws -> Int32 in
            try Namespaces.inside(fabric) {
                try SystemFailure.check(
                    fairlead_socket_connected(
                        port.address.description, target.address.description, Int32(clamping: target.port),
                        Self.patience), "connecting to \(target.address) port \(target.port)")
            }
        }.flatMap { descriptor in
            self.bootstrap(eventLoop, initializer).withConnectedSocket(descriptor)
        }
    }

    private func bootstrap(
        _ eventLoop: any EventLoop, _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> ClientBootstrap {
        ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(5))
            .channelInitializer(initializer)
    }
}
