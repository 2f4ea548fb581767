import FairleadContainers
import FairleadModel

extension PodNetwork {
    /// The largest that fits into a packet; larger ones are lost.
    static let mostBytes = 65_507

    func answerDatagrams(
        _ port: UInt16, _ address: IPAddress?, in name: NamespaceName, _ owner: SocketOwner,
        _ answer: @escaping @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?
    ) throws(NetworkError) -> any Listening {
        let bound = try bind(port, address, in: name, owner, .server(DatagramServer(answer: answer)))
        return OpenPort(port: bound.port) { [weak self] in self?.closeReceiver(bound.id, bound.port, name) }
    }

    func socket(
        _ port: UInt16, _ address: IPAddress?, in name: NamespaceName, _ owner: SocketOwner
    ) throws(NetworkError) -> any DatagramSocket {
        let queue = DatagramQueue()
        let bound = try bind(port, address, in: name, owner, .queue(queue))
        return BoundSocket(
            network: self, queue: queue, name: name, address: bound.address, port: bound.port,
            onClose: { [weak self] in self?.closeReceiver(bound.id, bound.port, name) })
    }

    private func bind(
        _ port: UInt16, _ address: IPAddress?, in name: NamespaceName, _ owner: SocketOwner,
        _ receiver: DatagramReceiver
    ) throws(NetworkError) -> (port: UInt16, id: Int, address: IPAddress?) {
        try state.withLock { state throws(NetworkError) in
            try state.bind(port, address, in: name, owner, receiver)
        }
    }

    private func closeReceiver(_ id: Int, _ port: UInt16, _ name: NamespaceName) {
        state.withLock { $0.removeReceiver(id, at: port, in: name) }.close()
    }

    /// - Returns: false if nobody listens there.
    func send(
        _ bytes: [UInt8], from name: NamespaceName, _ bound: IPAddress?, _ port: UInt16, to destination: NetworkAddress
    ) throws(NetworkError) -> Bool {
        if bytes.count > Self.mostBytes { return true }
        let destination = destination.withoutZero
        let now = clock.now
        let (delivery, local) = try state.withLock { state throws(NetworkError) in
            let source = try state.datagramSource(in: name, bound: bound, to: destination.address)
            let local = NetworkAddress(source, port)
            return (try state.send(from: name, local, to: destination, routing, at: now), local)
        }
        switch delivery {
        case .refused: return false
        case .lost: return true
        case .receiver(.queue(let queue), let from):
            queue.push(bytes, from: from)
            return true
        case .receiver(.server(let server), let from):
            let client = DatagramTracking.Client(namespace: name, local: local, destination: destination)
            server.receive(bytes, from: from) { [weak self] in self?.answer($0, to: client) }
            return true
        }
    }

    private func answer(_ bytes: [UInt8], to client: DatagramTracking.Client) {
        guard bytes.count <= Self.mostBytes,
            case .receiver(.queue(let queue), let from) = state.withLock({ $0.answer(to: client) })
        else { return }
        queue.push(bytes, from: from)
    }
}

/// A UDP socket of a namespace. One that nobody holds any more is closed.
final class BoundSocket: DatagramSocket {
    private let network: PodNetwork
    private let queue: DatagramQueue
    private let name: NamespaceName
    /// nil for every address.
    private let address: IPAddress?
    let port: UInt16
    private let onClose: @Sendable () -> Void

    init(
        network: PodNetwork, queue: DatagramQueue, name: NamespaceName, address: IPAddress?, port: UInt16,
        onClose: @escaping @Sendable () -> Void
    ) {
        self.network = network
        self.queue = queue
        self.name = name
        self.address = address
        self.port = port
        self.onClose = onClose
    }

    deinit { close() }

    func send(_ bytes: [UInt8], to destination: NetworkAddress) async throws(NetworkError) {
        if queue.isClosed { throw .cancelled }
        if queue.takeRefusal() { throw .refused }
        if try !network.send(bytes, from: name, address, port, to: destination) { queue.refuse() }
    }

    func receive(within limit: Duration) async throws(NetworkError) -> (bytes: [UInt8], from: NetworkAddress) {
        let clock = network.clock
        let deadline = clock.now + PodNetwork.bounded(limit)
        while true {
            if Task.isCancelled { throw .cancelled }
            if let datagram = try queue.take() { return datagram }
            if clock.now >= deadline { throw .timedOut }
            let queue = queue
            _ = await clock.first(by: deadline) { await queue.news() }
        }
    }

    func close() { onClose() }
}
