package import FairleadContainers
package import FairleadModel
import FairleadRouting
import Synchronization

/// The network of a simulated cluster: what programs in pods and on nodes send goes the way that `FairleadRouting`
/// says, to the programs that listen there. Nothing leaves the process.
///
/// A namespace for every pod, one for every node, which the pods in its host network share, one for the machine of the
/// API server, and one for each address outside. A connection takes microseconds to open, however large the cluster is;
/// only what is dropped takes time, which is that of `clock`.
package final class PodNetwork: Sendable {
    /// Asks the cluster's name service; nil if it does not answer.
    package typealias NameAsker =
        @Sendable (_ question: NameQuestion, _ server: NetworkAddress, _ from: IPAddress, _ overTCP: Bool) async ->
        NameReply?

    let state: Mutex<NetworkState>
    let routing: any RoutingSource
    let clock: any DelayClock
    let now: @Sendable () -> Timestamp
    let names: NameAsker?
    let apiServer: (@Sendable (Connection) async -> Void)?
    /// What answers for the API server and for kube-proxy.
    let tasks = TaskKeeper()

    /// - Parameters:
    ///   - apiServer: serves connections to the endpoints of the Service `kubernetes`; where it is nil they go to
    ///     whatever listens there.
    ///   - generator: chooses between endpoints.
    package init(
        routing: any RoutingSource, clock: any DelayClock, now: @escaping @Sendable () -> Timestamp,
        settings: PodNetworkSettings = PodNetworkSettings(), names: NameAsker? = nil,
        apiServer: (@Sendable (Connection) async -> Void)? = nil,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.routing = routing
        self.clock = clock
        self.now = now
        self.names = names
        self.apiServer = apiServer
        state = Mutex(NetworkState(settings, servesAPI: apiServer != nil, generator: generator))
    }

    /// How long one waits for an answer: not beyond what clocks can count.
    static func bounded(_ limit: Duration) -> Duration { max(.zero, min(limit, .seconds(1_000_000_000))) }

    // MARK: Views

    /// The network as a pod sees it. The first call creates its namespace; later ones may change the addresses.
    ///
    /// - Parameters:
    ///   - user: what `release` will tell apart: a run of a container.
    ///   - ports: the published ones of all its containers; nil leaves them as they are.
    package func stack(
        ofPod uid: String, addresses: [IPAddress], node: String, user: String = "", ports: [PublishedPort]? = nil
    ) -> any NetworkStack {
        state.withLock { state in
            state.setNamespace(.pod(uid), addresses: addresses)
            state.setPod(uid, node: node, ports: ports)
        }
        return PodStack(network: self, name: .pod(uid), owner: SocketOwner(pod: uid, user: user))
    }

    /// The network as a pod in the host network sees it: that of its node.
    package func stack(
        ofHostPod uid: String, node: String, addresses: [IPAddress], user: String = ""
    ) -> any NetworkStack {
        state.withLock { state in
            state.setNamespace(.node(node), addresses: addresses)
            state.setPod(uid, node: node, ports: nil)
        }
        return PodStack(network: self, name: .node(node), owner: SocketOwner(pod: uid, user: user))
    }

    /// The network as programs on a node see it.
    package func stack(ofNode name: String, addresses: [IPAddress]) -> any NetworkStack {
        state.withLock { $0.setNamespace(.node(name), addresses: addresses) }
        return PodStack(network: self, name: .node(name), owner: SocketOwner(pod: "", user: ""))
    }

    /// The network as the machine of the API server sees it.
    package var stackOfAPIServer: any NetworkStack {
        PodStack(network: self, name: .apiServer, owner: SocketOwner(pod: "", user: ""))
    }

    /// The network as a machine outside the cluster sees it.
    package func stackOutside(_ address: IPAddress) -> any NetworkStack {
        state.withLock { $0.setNamespace(.outside(address), addresses: [address]) }
        return PodStack(network: self, name: .outside(address), owner: SocketOwner(pod: "", user: ""))
    }

    // MARK: Ends

    /// The pod is gone: its ports are free, its connections closed, and its stacks reach nobody.
    package func remove(pod uid: String) { state.withLock { $0.removePod(uid) }.close() }

    /// The node is gone, as if it were a pod.
    package func remove(node name: String) { state.withLock { $0.removeNamespace(.node(name)) }.close() }

    package func removeOutside(_ address: IPAddress) {
        state.withLock { $0.removeNamespace(.outside(address)) }.close()
    }

    /// Everything is gone: for the end of the server. Stacks reach nobody from now on.
    package func stop() {
        let left = state.withLock { state in Array(state.namespaces.keys).map { state.removeNamespace($0) } }
        for leftovers in left { leftovers.close() }
        tasks.abandon()
    }

    /// Closes what one user of a pod's network has opened and left open: a container that has ended.
    package func release(pod uid: String, user: String) {
        let owner = SocketOwner(pod: uid, user: user)
        let left = state.withLock { state in
            let isOwn = state.namespaces[.pod(uid)] != nil
            let name = isOwn ? NamespaceName.pod(uid) : state.node(ofPod: uid).map { .node($0) }
            return name.map { state.release(in: $0) { $0 == owner } } ?? Leftovers()
        }
        left.close()
    }

    /// Ends of connections, and remembered conversations: all that could leak.
    package var openCount: Int { state.withLock { $0.endCount + $0.tracking.count } }

    // MARK: Connections from machines

    /// Connects from a node, or from the machine of the API server, for probes and proxies. A node that no program has
    /// run on yet has the addresses of its object.
    package func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        let name: NamespaceName = node.map { .node($0) } ?? .apiServer
        if let node, state.withLock({ $0.namespaces[name]?.addresses.isEmpty ?? true }) {
            let addresses = routing.withTable { $0.nodes[node]?.addresses } ?? []
            guard !addresses.isEmpty else { throw .noRoute }
            state.withLock { $0.setNamespace(name, addresses: addresses) }
        }
        let stack = PodStack(network: self, name: name, owner: SocketOwner(pod: "", user: ""))
        return try await stack.connect(to: destination, within: limit)
    }

    /// Connects to a port of a pod's `localhost` from inside of it, for port forwarding: by IPv4, or else by IPv6.
    package func connect(insidePod uid: String, port: UInt16) async throws(NetworkError) -> Connection {
        let name: NamespaceName? = state.withLock { state in
            if state.namespaces[.pod(uid)] != nil { return .pod(uid) }
            return state.node(ofPod: uid).map { .node($0) }
        }
        guard let name else { throw .noRoute }
        let stack = PodStack(network: self, name: name, owner: SocketOwner(pod: uid, user: ""))
        let limit = Duration.seconds(30)
        do throws(NetworkError) {
            return try await stack.connect(to: NetworkAddress(.loopback(isIPv4: true), port), within: limit)
        } catch {
            guard error == .refused else { throw error }
            return try await stack.connect(to: NetworkAddress(.loopback(isIPv4: false), port), within: limit)
        }
    }
}
