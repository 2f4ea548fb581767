import NIOCore
import NIOPosix
import Synchronization

/// A closed loop: every connection sends its next request when the last one has been answered; with a rate, not before
/// its time has come. Times are then measured from when a request was due, so that a server that stalls for a second delays
/// all requests of that second, not just one.
struct LoadRun {
    var target: Target
    var connections = 32
    /// The total number of requests, or the duration.
    var count: Int?
    var seconds: Int?
    /// Requests a second, of all connections together.
    var rate: Int?
    var expectedStatus: Int
    var request: @Sendable (Int) -> ByteBuffer

    struct Result {
        var latencies: Latencies
        var elapsed: Duration

        var requestsPerSecond: Double { Double(latencies.count) / (elapsed / .seconds(1)) }

        var summary: String {
            "requests_per_second=\(Int(requestsPerSecond)) \(latencies.summary) requests=\(latencies.count)"
        }
    }

    func run() async throws -> Result {
        let plan = LoadPlan(
            limit: count ?? .max, deadline: seconds.map { ContinuousClock.now + .seconds($0) },
            interval: rate.map { Duration.seconds(1) / $0 }, expectedStatus: expectedStatus, request: request)
        let start = ContinuousClock.now
        let group = MultiThreadedEventLoopGroup.singleton
        var results: [EventLoopFuture<Latencies>] = []
        for _ in 0..<connections {
            let loop = group.next()
            let promise = loop.makePromise(of: Latencies.self)
            results.append(promise.futureResult)
            _ = try await ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(LoadConnection(plan: plan, promise: promise))
                    }
                }
                .connect(host: target.host, port: target.port).get()
        }
        var all = Latencies()
        for result in results { all.add(try await result.get()) }
        return Result(latencies: all, elapsed: ContinuousClock.now - start)
    }
}

/// Shared by all connections of a run: decides which request comes next.
final class LoadPlan: Sendable {
    let expectedStatus: Int
    private let limit: Int
    private let deadline: ContinuousClock.Instant?
    private let interval: Duration?
    private let start = ContinuousClock.now
    private let request: @Sendable (Int) -> ByteBuffer
    private let counter = Atomic<Int>(0)

    init(
        limit: Int, deadline: ContinuousClock.Instant?, interval: Duration?, expectedStatus: Int,
        request: @escaping @Sendable (Int) -> ByteBuffer
    ) {
        self.limit = limit
        self.deadline = deadline
        self.interval = interval
        self.expectedStatus = expectedStatus
        self.request = request
    }

    /// The next request, and when it is due; nil if there are no more.
    func next(now: ContinuousClock.Instant) -> (request: ByteBuffer, due: ContinuousClock.Instant)? {
        if let deadline, now >= deadline { return nil }
        let number = counter.wrappingAdd(1, ordering: .relaxed).oldValue
        guard number < limit else { return nil }
        return (request(number), interval.map { start + $0 * number } ?? now)
    }
}

private final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let plan: LoadPlan
    private let promise: EventLoopPromise<Latencies>
    private var reader = ResponseReader()
    private var latencies = Latencies()
    private var sent = ContinuousClock.now
    private var status = 0
    private var failure = ""
    private var isDone = false

    init(plan: LoadPlan, promise: EventLoopPromise<Latencies>) {
        self.plan = plan
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) { sendNext(context, now: ContinuousClock.now) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        reader.add(&bytes)
        do {
            while let event = try reader.next() {
                switch event {
                case .head(let status): self.status = status
                case .body(let part): if status != plan.expectedStatus { failure += String(buffer: part) }
                case .end: finish(context)
                }
            }
        } catch {
            fail(context, error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(context, BenchError("the server closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(context, error) }

    private func finish(_ context: ChannelHandlerContext) {
        guard status == plan.expectedStatus else {
            return fail(context, BenchError("status \(status): \(failure)"))
        }
        let now = ContinuousClock.now
        latencies.add(now - sent)
        sendNext(context, now: now)
    }

    private func sendNext(_ context: ChannelHandlerContext, now: ContinuousClock.Instant) {
        guard let (request, due) = plan.next(now: now) else {
            isDone = true
            promise.succeed(latencies)
            return context.close(promise: nil)
        }
        sent = due
        guard due > now else { return context.writeAndFlush(wrapOutboundOut(request), promise: nil) }
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .nanoseconds(Int64((due - now) / .nanoseconds(1)))) {
            channel.writeAndFlush(request, promise: nil)
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        guard !isDone else { return }
        isDone = true
        promise.fail(error)
        context.close(promise: nil)
    }
}
