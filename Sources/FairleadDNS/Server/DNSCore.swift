import FairleadModel
import NIOCore
import Synchronization

/// What the sockets of a server share: a packet comes in, its answer goes out.
final class DNSCore: Sendable {
    struct Origin: Sendable {
        var transport: DNSTransport
        var remote: SocketAddress
        var local: IPAddress?
        var turn: Int
    }

    let configuration: DNSConfiguration
    let index: ZoneIndex
    private let responder: Responder
    private let isReady: @Sendable () -> Bool
    private let connections = Atomic<Int>(0)

    init(configuration: DNSConfiguration, index: ZoneIndex, isReady: @escaping @Sendable () -> Bool) {
        self.configuration = configuration
        self.index = index
        self.isReady = isReady
        responder = Responder(
            resolver: ZoneResolver(settings: configuration.zone, index: index),
            forwards: configuration.forward != nil, rotates: configuration.rotates)
    }

    /// - Parameters:
    ///   - later: gets the answer, on the event loop, if it is not returned.
    ///   - dropped: called before this returns if there will be no answer.
    func answer(
        _ packet: [UInt8], _ origin: Origin, on eventLoop: any EventLoop, later: @escaping @Sendable ([UInt8]) -> Void,
        dropped: () -> Void = {}
    ) -> [UInt8]? {
        guard isServing else {
            dropped()
            return nil
        }
        switch responder.decide(packet, local: origin.local, isReady: isReady(), turn: origin.turn) {
        case .silence:
            dropped()
            return nil
        case .answer(let message): return message.bytes(limit: origin.transport.limit(message.edns))
        case .forward(_, _, let partial):
            return Responder.failed(partial, .serverFailure).bytes(limit: origin.transport.limit(partial.edns))
        }
    }

    /// Whether anybody is behind the address: without ready pods of kube-dns nobody answers in a cluster either.
    private var isServing: Bool {
        guard let service = configuration.follows, isReady() else { return true }
        return index.find(namespace: service.namespace, service: service.service).slices.contains {
            !$0.endpoints.isEmpty
        }
    }

    /// - Returns: false when there are too many connections already.
    func connectionOpened() -> Bool {
        connections.add(1, ordering: .relaxed).newValue <= configuration.maximumConnections
    }

    func connectionClosed() { connections.subtract(1, ordering: .relaxed) }
}
