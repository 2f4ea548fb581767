import FairleadModel
import NIOCore
import Synchronization

/// What the sockets of a server share: a packet comes in, its answer goes out, and both are counted.
final class DNSCore: Sendable {
    struct Origin: Sendable {
        var transport: DNSTransport
        var remote: SocketAddress
        var local: IPAddress?
        var turn: Int
    }

    /// What becomes of a packet, as far as its socket is concerned.
    enum Outcome {
        case nothing
        case answer([UInt8])
        /// Somebody else has been asked.
        case later(EventLoopFuture<[UInt8]>)
    }

    /// A question under way.
    private struct Request {
        var packetSize: Int
        var origin: Origin
        var began: NIODeadline
    }

    let configuration: DNSConfiguration
    let index: ZoneIndex
    let metrics: DNSMetrics
    let log: QueryLog?
    private let resolver: ZoneResolver
    private let responder: Responder
    private let forwarder: Forwarder?
    private let isReady: @Sendable () -> Bool
    private let now: @Sendable () -> Timestamp
    private let connections = Atomic<Int>(0)

    /// - Throws: when the address to forward to is none.
    init(
        configuration: DNSConfiguration, index: ZoneIndex, isReady: @escaping @Sendable () -> Bool,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        self.configuration = configuration
        self.index = index
        self.isReady = isReady
        self.now = now
        resolver = ZoneResolver(settings: configuration.zone, index: index)
        responder = Responder(
            resolver: resolver, forwards: configuration.forward != nil, rotates: configuration.rotates)
        let metrics = DNSMetrics(
            zones: resolver.zoneNames + [configuration.forward == nil ? "dropped" : "."], server: "dns://:53")
        self.metrics = metrics
        log = configuration.loggedQuestions > 0 ? QueryLog(capacity: configuration.loggedQuestions) : nil
        forwarder = try configuration.forward.map { Forwarder(upstream: try $0.socketAddress(), metrics: metrics) }
    }

    func answer(_ packet: [UInt8], _ origin: Origin, on eventLoop: any EventLoop) -> Outcome {
        guard isServing else { return .nothing }
        let request = Request(packetSize: packet.count, origin: origin, began: .now())
        switch responder.decide(packet, local: origin.local, isReady: isReady(), turn: origin.turn) {
        case .silence: return .nothing
        case .answer(let message): return .answer(finish(message, request))
        case .forward(let asked, let question, let partial):
            guard let forwarder else { return .answer(finish(Responder.failed(partial, .refused), request)) }
            let answered = forwarder.ask(question, for: asked, by: origin.transport, on: eventLoop).map { other in
                Responder.merge(other, into: partial)
            }.recover { _ in
                partial.answers.isEmpty ? Responder.failed(partial, .serverFailure) : partial
            }.map { self.finish($0, request) }
            return .later(answered)
        }
    }

    private func finish(_ message: Message, _ request: Request) -> [UInt8] {
        let bytes = message.bytes(limit: request.origin.transport.limit(message.edns))
        guard let question = message.questions.first else { return bytes }
        let duration = Double((NIODeadline.now() - request.began).nanoseconds) / 1e9
        let remote = request.origin.remote
        metrics.count(
            DNSMetrics.Exchange(
                zone: resolver.zoneNumber(of: question.name), transport: request.origin.transport,
                isIPv4: remote.protocol == .inet, type: question.type, code: message.responseCode,
                requestSize: request.packetSize, responseSize: bytes.count, duration: duration))
        log?.append(
            QueryLog.Entry(
                time: now(), remote: remote.ipAddress ?? "", port: remote.port ?? 0,
                transport: request.origin.transport, question: question,
                answer: MessageReader.header(bytes)?.header ?? message.header, code: message.responseCode,
                edns: message.edns, requestSize: request.packetSize, responseSize: bytes.count, duration: duration))
        return bytes
    }

    /// Whether anybody is behind the address: without ready pods of kube-dns nobody answers in a cluster either.
    private var isServing: Bool {
        guard let service = configuration.follows, isReady() else { return true }
        let found = index.find(namespace: service.namespace, service: service.service)
        return found.service != nil && found.slices.contains { !$0.endpoints.isEmpty }
    }

    /// - Returns: false when there are too many connections already.
    func connectionOpened() -> Bool {
        connections.add(1, ordering: .relaxed).newValue <= configuration.maximumConnections
    }

    func connectionClosed() { connections.subtract(1, ordering: .relaxed) }
}
