import FairleadModel
import Logging
import NIOCore
import Synchronization

/// What the sockets of a server share: turns packets into answers, and counts both.
final class DNSCore: Sendable {
    struct Origin: Sendable {
        var transport: DNSTransport
        var remote: SocketAddress
        var local: IPAddress?
        var turn: Int
        /// Why the client gets no answers; nil for one that does.
        var refusal: String?
    }

    /// What the socket must do about a packet.
    enum Outcome {
        case nothing
        case answer([UInt8])
        /// The question has been forwarded.
        case later(EventLoopFuture<[UInt8]>)
    }

    /// A question that is being answered.
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
    let forwarder: Forwarder?
    let logger: Logger
    private let proven = ProvenClients()
    private let dropped = OccasionalCount()
    private let refused = OccasionalCount()
    private let isReady: @Sendable () -> Bool
    private let now: @Sendable () -> Timestamp
    private let connections = Atomic<Int>(0)

    /// - Throws: if the address to forward to is not valid.
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
            zones: resolver.zoneNames + [configuration.forward == nil ? "dropped" : "."], server: "dns://:53",
            factory: configuration.metrics)
        self.metrics = metrics
        log = configuration.loggedQuestions > 0 ? QueryLog(capacity: configuration.loggedQuestions) : nil
        let logger = configuration.logger
        self.logger = logger
        forwarder = try configuration.forward.map {
            Forwarder(
                upstream: try $0.socketAddress(), metrics: metrics, maximumExchanges: configuration.maximumForwards,
                logger: logger)
        }
    }

    func answer(_ packet: [UInt8], _ origin: Origin, on eventLoop: any EventLoop) -> Outcome {
        guard isServing else { return .nothing }
        let request = Request(packetSize: packet.count, origin: origin, began: .now())
        let decision = responder.decide(
            packet, local: origin.local, isReady: isReady(), turn: origin.turn, mayAsk: origin.refusal == nil
        ) { edns in limit(edns, request) }
        if let refusal = origin.refusal { logRefusal(refusal) }
        switch decision {
        case .silence: return .nothing
        case .answer(let message): return .answer(finish(message, request))
        case .forward(let asked, let question, let partial):
            guard let forwarder, forwarder.takes(question) else {
                return .answer(finish(Responder.failed(partial, .refused), request))
            }
            let answered = forwarder.ask(question, for: asked, by: origin.transport, on: eventLoop).map { other in
                Responder.merge(other, into: partial)
            }.recover { _ in
                partial.answers.isEmpty ? Responder.failed(partial, .serverFailure) : partial
            }.map { self.finish($0, request) }
            return .later(answered)
        }
    }

    private func finish(_ message: Message, _ request: Request) -> [UInt8] {
        let bytes = message.bytes(limit: limit(message.edns, request))
        guard let question = message.questions.first else { return bytes }
        let nanoseconds = (NIODeadline.now() - request.began).nanoseconds
        let remote = request.origin.remote
        metrics.count(
            DNSMetrics.Exchange(
                zone: resolver.zoneNumber(of: question.name), transport: request.origin.transport,
                isIPv4: remote.protocol == .inet, type: question.type, code: message.responseCode,
                requestSize: request.packetSize, responseSize: bytes.count, nanoseconds: nanoseconds))
        log?.append(
            QueryLog.Entry(
                time: now(), remote: remote.ipAddress ?? "", port: remote.port ?? 0,
                transport: request.origin.transport, question: question,
                answer: MessageReader.header(bytes)?.header ?? message.header, code: message.responseCode,
                edns: message.edns, requestSize: request.packetSize, responseSize: bytes.count,
                duration: Double(nanoseconds) / 1e9))
        return bytes
    }

    /// Whether anybody answers at the address: without ready kube-dns pods, nobody answers in a real cluster either.
    private var isServing: Bool {
        guard let service = configuration.follows, isReady() else { return true }
        let found = index.find(namespace: service.namespace, service: service.service)
        return found.service != nil && found.slices.contains { !$0.endpoints.isEmpty }
    }

    /// The largest answer in bytes: as large as the client accepts and as the server may send to it.
    private func limit(_ edns: ExtendedDNS?, _ request: Request) -> Int {
        let transport = request.origin.transport
        if let size = configuration.udpSize { return transport.limit(edns, largest: size) }
        let usual = DNSConfiguration.usualUDPSize
        guard transport == .udp, let edns, edns.payloadSize > usual, let client = request.origin.remote.dnsAddress,
            proven.isProven(client, at: request.began)
        else { return transport.limit(edns, largest: usual) }
        return transport.limit(edns, largest: DNSConfiguration.provenUDPSize)
    }

    /// A client has connected by TCP, which proves its address.
    func connected(from client: SocketAddress) {
        if let address = client.dnsAddress { proven.hasConnected(address, at: .now()) }
    }

    /// A question that will not be answered: it is too old, or its answer could not be sent.
    func droppedQuestion() {
        metrics.countDropped()
        if let count = dropped.count(at: .now()) {
            logger.warning(
                "more questions than can be answered: old ones are dropped",
                metadata: ["dropped": .stringConvertible(count)])
        }
    }

    private func logRefusal(_ why: String) {
        guard let count = refused.count(at: .now()) else { return }
        logger.warning(
            "questions of other users are refused (--dns-open lets them ask)",
            metadata: ["refused": .stringConvertible(count), "reason": .string(why)])
    }

    /// - Returns: false if there are too many connections already.
    func connectionOpened() -> Bool {
        connections.add(1, ordering: .relaxed).newValue <= configuration.maximumConnections
    }

    func connectionClosed() { connections.subtract(1, ordering: .relaxed) }
}

/// Counts questions, and tells when to log them: at once, then at most every ten seconds.
private final class OccasionalCount: Sendable {
    private struct State {
        var count = 0
        var nextLine = NIODeadline.uptimeNanoseconds(0)
    }

    private let state = Mutex(State())

    /// - Returns: how many there were since the last log line; nil if none is due now.
    func count(at now: NIODeadline) -> Int? {
        state.withLock { state in
            state.count += 1
            guard now >= state.nextLine else { return nil }
            state.nextLine = now + .seconds(10)
            defer { state.count = 0 }
            return state.count
        }
    }
}
