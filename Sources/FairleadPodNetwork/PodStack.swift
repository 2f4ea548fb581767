import FairleadContainers
import FairleadModel

/// A namespace as one of its users sees it.
struct PodStack: NetworkStack {
    let network: PodNetwork
    let name: NamespaceName
    let owner: SocketOwner

    var addresses: [IPAddress] { network.state.withLock { $0.namespaces[name]?.addresses ?? [] } }

    var listening: [ListeningSocket] {
        guard let namespace = network.state.withLock({ $0.namespaces[name] }) else { return [] }
        return namespace.streams.all.map { ListeningSocket(isTCP: true, address: $0.address, port: $0.port) }
            + namespace.datagrams.all.map { ListeningSocket(isTCP: false, address: $0.address, port: $0.port) }
    }

    func connect(
        to destination: NetworkAddress, from source: IPAddress?, sourcePort: UInt16?, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        try await network.connect(
            StreamRequest(
                from: name, owner: owner, destination: destination, source: source, sourcePort: sourcePort),
            within: limit)
    }

    func listen(
        on port: UInt16, address: IPAddress?, _ handle: @escaping @Sendable (Connection) async -> Void
    ) throws(NetworkError) -> any Listening {
        try network.listen(port, address, in: name, owner, handle)
    }

    func answerDatagrams(
        on port: UInt16, address: IPAddress?,
        _ answer: @escaping @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?
    ) throws(NetworkError) -> any Listening {
        try network.answerDatagrams(port, address, in: name, owner, answer)
    }

    func bind(port: UInt16, address: IPAddress?) throws(NetworkError) -> any DatagramSocket {
        try network.socket(port, address, in: name, owner)
    }

    func ask(
        _ question: NameQuestion, server: NetworkAddress, overTCP: Bool, within limit: Duration
    ) async throws(NetworkError) -> NameReply {
        try await network.ask(question, from: name, server: server, overTCP: overTCP, within: limit)
    }
}
