package import FairleadContainers
package import FairleadModel

/// Which pod a network belongs to.
package struct PodIdentity: Hashable, Sendable {
    package var namespace: String
    package var name: String
    package var uid: String
    package var node: String
    /// The pod's addresses, the primary one first; the node's if it uses the network of the node.
    package var addresses: [IPAddress]
    package var usesHostNetwork: Bool
    /// The ports of its containers that are published on the node.
    package var hostPorts: [HostPort]

    /// A port of a container that the node has, too.
    package struct HostPort: Hashable, Sendable {
        package var number: UInt16
        package var isUDP: Bool
        package var containerPort: UInt16
        /// nil for every address of the node.
        package var address: IPAddress?
    }

    package init(
        namespace: String, name: String, uid: String, node: String, addresses: [IPAddress], usesHostNetwork: Bool,
        hostPorts: [HostPort] = []
    ) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.node = node
        self.addresses = addresses
        self.usesHostNetwork = usesHostNetwork
        self.hostPorts = hostPorts
    }
}

extension PodIdentity {
    /// - Parameter pod: with its addresses in the status.
    init(_ pod: Value) {
        let view = PodView(pod)
        var ports: [HostPort] = []
        for port in (view.containers + view.initContainers).flatMap({ $0.items("ports") }) {
            guard let number = port["hostPort"]?.int.flatMap({ UInt16(exactly: $0) }), number > 0,
                let inner = port["containerPort"]?.int.flatMap({ UInt16(exactly: $0) })
            else { continue }
            let address = IPAddress(port.text("hostIP"))
            ports.append(
                HostPort(
                    number: number, isUDP: port.text("protocol") == "UDP", containerPort: inner,
                    address: address?.isUnspecified == true ? nil : address))
        }
        self.init(
            namespace: pod.namespace, name: pod.name, uid: pod.uid, node: view.nodeName,
            addresses: view.podIPs.compactMap { IPAddress($0) }, usesHostNetwork: view.hostNetwork,
            hostPorts: view.hostNetwork ? [] : ports)
    }
}

/// The network that connects simulated pods.
package protocol PodNetworks: Sendable {
    /// The network as a run of a container of a pod sees it: all of one pod share theirs.
    ///
    /// - Parameter user: what `release` will tell apart.
    func stack(of pod: PodIdentity, user: String) -> any NetworkStack
    /// Closes what one user has left open.
    func release(pod uid: String, user: String)
    /// The pod is gone: what it listens on is closed.
    func remove(pod uid: String)
    /// A connection to a port of the pod's `localhost`.
    func connect(insidePod uid: String, port: UInt16) async throws(NetworkError) -> Connection
    /// A connection from a node to any address; nil for the machine of the API server.
    func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection
}

/// No network: everything is refused.
package struct NoPodNetworks: PodNetworks {
    private struct Stack: NetworkStack {
        let addresses: [IPAddress]

        func connect(
            to destination: NetworkAddress, from source: IPAddress?, sourcePort: UInt16?, within limit: Duration
        ) async throws(NetworkError) -> Connection { throw .refused }

        func listen(
            on port: UInt16, address: IPAddress?, _ handle: @escaping @Sendable (Connection) async -> Void
        ) throws(NetworkError) -> any Listening { ClosedPort(port: port) }

        func answerDatagrams(
            on port: UInt16, address: IPAddress?,
            _ answer: @escaping @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?
        ) throws(NetworkError) -> any Listening { ClosedPort(port: port) }

        func bind(port: UInt16, address: IPAddress?) throws(NetworkError) -> any DatagramSocket {
            throw .addressNotAvailable
        }

        func ask(
            _ question: NameQuestion, server: NetworkAddress, overTCP: Bool, within limit: Duration
        ) async throws(NetworkError) -> NameReply { throw .refused }
    }

    private struct ClosedPort: Listening {
        let port: UInt16
        func close() {}
    }

    package init() {}

    package func stack(of pod: PodIdentity, user: String) -> any NetworkStack { Stack(addresses: pod.addresses) }
    package func release(pod uid: String, user: String) {}
    package func remove(pod uid: String) {}
    package func connect(insidePod uid: String, port: UInt16) async throws(NetworkError) -> Connection {
        throw .refused
    }
    package func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection { throw .refused }
}
