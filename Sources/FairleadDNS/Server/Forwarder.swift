import NIOCore
import NIOPosix
import Synchronization

/// Asks another server what is not ours to answer. Each question goes out from a socket of its own, and so from a port
/// that nobody can guess (RFC 5452, 9.2); an answer counts only if its id and its question are those that were sent.
final class Forwarder: Sendable {
    struct NoAnswer: Error {}

    private let upstream: SocketAddress
    private let cache: ForwardCache
    private let metrics: DNSMetrics
    private let inFlight = Atomic<Int>(0)

    /// Questions under way at once; beyond, they are refused.
    private static let maximumInFlight = 1000
    /// For one attempt. Clients wait for five seconds before they ask again.
    private static let timeout = TimeAmount.seconds(2)
    private static let attempts = 2

    init(upstream: SocketAddress, metrics: DNSMetrics) {
        self.upstream = upstream
        self.metrics = metrics
        cache = ForwardCache()
    }

    /// The answer to a question, by the transport its client used.
    ///
    /// - Parameter request: what the client has sent; its flags and EDNS are passed on.
    /// - Returns: fails with `NoAnswer` when there is none in time.
    func ask(
        _ question: Question, for request: Message, by transport: DNSTransport, on eventLoop: any EventLoop
    ) -> EventLoopFuture<Message> {
        if let known = cache.find(question, request, at: .now()) {
            metrics.count(.hit)
            return eventLoop.makeSucceededFuture(known)
        }
        metrics.count(.miss)
        guard inFlight.add(1, ordering: .relaxed).newValue <= Self.maximumInFlight else {
            inFlight.subtract(1, ordering: .relaxed)
            return eventLoop.makeFailedFuture(NoAnswer())
        }
        var asked = Message(id: 0, asking: question)
        asked.header.isRecursionDesired = request.header.isRecursionDesired
        asked.header.isCheckingDisabled = request.header.isCheckingDisabled
        asked.edns = request.edns
        let query = asked
        return attempt(query, transport, on: eventLoop, left: Self.attempts).map { answer in
            self.cache.store(answer, for: question, request, at: .now())
            return answer
        }.always { result in
            self.inFlight.subtract(1, ordering: .relaxed)
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
