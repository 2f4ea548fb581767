import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Forwards questions about names outside our zones. Each question is sent from a socket of its own, and so from an
/// unpredictable port (RFC 5452, 9.2); an answer counts only if its id and question match.
///
/// The numbers of waiting clients and of open sockets are limited, and while a question is in flight it is not sent
/// again, whoever asks. An upstream server that passes our questions back to us is noticed (`LoopProbe`), and no longer
/// asked.
final class Forwarder: Sendable {
    struct NoAnswer: Error {}

    private struct Key: Hashable {
        var cached: ForwardCache.Key
        var isRecursionDesired: Bool
        var transport: DNSTransport
    }

    private let upstream: SocketAddress
    private let cache: ForwardCache
    private let metrics: DNSMetrics
    private let probe: LoopProbe
    private let health: UpstreamHealth
    private let maximumExchanges: Int
    private let waiting = Atomic<Int>(0)
    private let underWay = Mutex<[Key: EventLoopFuture<Message>]>([:])

    /// How many clients may wait for answers at once; further ones get SERVFAIL.
    private static let maximumWaiting = 2000
    /// The timeout of one attempt. Clients wait five seconds before they ask again.
    private static let timeout = TimeAmount.seconds(2)
    private static let attempts = 2

    init(upstream: SocketAddress, metrics: DNSMetrics, maximumExchanges: Int, logger: Logger) {
        self.upstream = upstream
        self.metrics = metrics
        self.maximumExchanges = maximumExchanges
        cache = ForwardCache()
        probe = LoopProbe(upstream: upstream, logger: logger)
        health = UpstreamHealth(upstream: upstream, logger: logger)
    }

    /// Starts looking for forwarding loops.
    func start(on eventLoop: any EventLoop) { probe.start(on: eventLoop) { self.health.isFailing } }

    /// Whether the question may be forwarded: not while the upstream server passes ours back, and not if it is the
    /// probe sent to find that out.
    func takes(_ question: Question) -> Bool { probe.letsPass(question) }

    /// The upstream server's answer to a question, asked over the transport that the client used.
    ///
    /// - Parameter request: the client's message; its flags and EDNS are passed on.
    /// - Returns: fails with `NoAnswer` if no answer arrives in time.
    func ask(
        _ question: Question, for request: Message, by transport: DNSTransport, on eventLoop: any EventLoop
    ) -> EventLoopFuture<Message> {
        let cacheKey = ForwardCache.Key(question, request)
        if let known = cache.find(cacheKey, at: .now()) {
            metrics.count(.hit)
            return eventLoop.makeSucceededFuture(known)
        }
        metrics.count(.miss)
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.maximumWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            return eventLoop.makeFailedFuture(NoAnswer())
        }
        let key = Key(cached: cacheKey, isRecursionDesired: request.header.isRecursionDesired, transport: transport)
        return shared(key, on: eventLoop) { promise in
            exchange(question, request, key, on: eventLoop).cascade(to: promise)
        }.always { _ in self.waiting.subtract(1, ordering: .relaxed) }
    }

    /// Joins an exchange for the same question that is already in flight, or starts one.
    private func shared(
        _ key: Key, on eventLoop: any EventLoop, _ begin: (EventLoopPromise<Message>) -> Void
    ) -> EventLoopFuture<Message> {
        let promise = eventLoop.makePromise(of: Message.self)
        let (others, isFull) = underWay.withLock { underWay -> (EventLoopFuture<Message>?, Bool) in
            if let others = underWay[key] { return (others, false) }
            if underWay.count >= maximumExchanges { return (nil, true) }
            underWay[key] = promise.futureResult
            return (nil, false)
        }
        if let others {
            others.hop(to: eventLoop).cascade(to: promise)
        } else if isFull {
            promise.fail(NoAnswer())
        } else {
            begin(promise)
        }
        return promise.futureResult
    }

    private func exchange(
        _ question: Question, _ request: Message, _ key: Key, on eventLoop: any EventLoop
    ) -> EventLoopFuture<Message> {
        var asked = Message(id: 0, asking: question)
        asked.header.isRecursionDesired = request.header.isRecursionDesired
        asked.header.isCheckingDisabled = request.header.isCheckingDisabled
        asked.edns = request.edns
        return attempt(asked, key.transport, on: eventLoop, left: Self.attempts).map { answer in
            self.cache.store(answer, for: key.cached, at: .now())
            return answer
        }.always { result in
            self.underWay.withLock { $0[key] = nil }
            self.health.note(result)
            if case .failure = result { self.metrics.count(.failed) }
        }
    }

    private func attempt(
        _ query: Message, _ transport: DNSTransport, on eventLoop: any EventLoop, left: Int
    ) -> EventLoopFuture<Message> {
        metrics.count(.asked)
        var query = query
        query.header.id = UInt16.random(in: 0...UInt16.max)
        let exchange = DNSExchange.run(query, at: upstream, transport, timeout: Self.timeout, on: eventLoop)
        let unanswered = query
        return exchange.flatMapError { error in
            guard left > 1 else { return eventLoop.makeFailedFuture(error) }
            return self.attempt(unanswered, transport, on: eventLoop, left: left - 1)
        }
    }
}

/// Whether the upstream server answers: logs one line when it stops and one when it answers again, such a pair at most
/// every ten seconds.
private final class UpstreamHealth: Sendable {
    private struct State {
        var failures = 0
        var isReported = false
        var nextLine = NIODeadline.uptimeNanoseconds(0)
    }

    private let upstream: SocketAddress
    private let logger: Logger
    private let state = Mutex(State())

    init(upstream: SocketAddress, logger: Logger) {
        self.upstream = upstream
        self.logger = logger
    }

    var isFailing: Bool { state.withLock { $0.failures > 0 } }

    func note(_ result: Result<Message, any Error>) {
        switch result {
        case .success:
            let (failures, isReported) = state.withLock { state in
                defer { (state.failures, state.isReported) = (0, false) }
                return (state.failures, state.isReported)
            }
            guard isReported else { return }
            logger.info(
                "the server that is forwarded to answers again",
                metadata: ["upstream": .string("\(upstream)"), "failures": .stringConvertible(failures)])
        case .failure(let error):
            let now = NIODeadline.now()
            let mayReport = state.withLock { state -> Bool in
                state.failures += 1
                guard !state.isReported, now >= state.nextLine else { return false }
                state.isReported = true
                state.nextLine = now + .seconds(10)
                return true
            }
            guard mayReport else { return }
            logger.warning(
                "no answer from the server that is forwarded to",
                metadata: ["upstream": .string("\(upstream)"), "error": .string("\(error)")])
        }
    }
}
