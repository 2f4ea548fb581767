import FairleadAPI
import Logging
import NIOCore

/// State shared by all connections of a server, whatever their event loop.
struct ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let handler: @Sendable (APIRequest) -> APIOutcome
    let logger: Logger
    let maximumConnections: Int
    let timeouts: Timeouts
    let compute: ComputePool
    let bodies: BodyBudget
    let metrics: RequestMetrics?
    let sessions: SessionKeeper

    /// The configured timeouts, in ticks.
    struct Timeouts: Sendable {
        let idle: Int
        let header: Int
        let progress: Int
        let linger: Int
        let request: Int
        let session: Int
        /// The bytes of a body that must arrive per tick.
        let bodyBytesPerTick: Int

        init(_ configuration: HTTPServerConfiguration) {
            idle = configuration.ticks(configuration.idleTimeout)
            header = configuration.ticks(configuration.headerTimeout)
            progress = configuration.ticks(configuration.progressTimeout)
            linger = configuration.ticks(configuration.lingerTimeout)
            request = configuration.ticks(configuration.requestTimeout)
            session = configuration.ticks(configuration.sessionIdleTimeout)
            bodyBytesPerTick = max(1, Int(Double(configuration.minimumBodyRate) * (configuration.tick / .seconds(1))))
        }
    }
}

/// State shared by the connections of one event loop. Only that loop uses it, so nothing in it is locked.
final class LoopContext {
    let core: ServerCore
    let eventLoop: any EventLoop
    /// Runs the deferred work of requests on this loop.
    let executor: EventLoopExecutor
    let counters: LoopCounters
    let wakes: WakeList
    let handOvers: HandOverList
    let requestLog: RequestLog
    private var series: RequestSeriesCache?
    /// Ticks since the start: a clock that costs nothing to read.
    private(set) var tick = 0
    private(set) var isDraining = false
    private var connections: [ObjectIdentifier: any LoopMember] = [:]
    private var date = HTTPDate()
    private var spareBuffer: ByteBuffer?
    private var ticking: RepeatedTask?
    private var whenEmpty: EventLoopPromise<Void>?
    private var notes = FaultNotes()
    /// Connections with TLS that are not let in yet.
    var handshakes: HandshakeQueue

    init(core: ServerCore, eventLoop: any EventLoop, counters: LoopCounters) {
        self.core = core
        self.eventLoop = eventLoop
        executor = EventLoopExecutor(eventLoop)
        self.counters = counters
        wakes = WakeList(eventLoop: eventLoop)
        handOvers = HandOverList(eventLoop: eventLoop)
        requestLog = RequestLog(core.logger)
        series = core.metrics.map { RequestSeriesCache($0) }
        handshakes = HandshakeQueue(connections: core.maximumConnections)
    }

    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let interval = TimeAmount(core.configuration.tick)
        ticking = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.onTick()
        }
    }

    /// The Date header for the current second, with its line end.
    var dateLine: [UInt8] {
        date.update(core.configuration.clock())
        return date.line
    }

    /// - Parameter isNew: whether a client has connected, and not merely gone on after a handshake or begun a stream.
    func add(_ connection: any LoopMember, isNew: Bool = true) {
        connections[ObjectIdentifier(connection)] = connection
        if isNew { counters.connectionsAccepted.wrappingAdd(1, ordering: .relaxed) }
        counters.connectionsOpen.wrappingAdd(1, ordering: .relaxed)
    }

    /// Whether another connection, or a stream of one, is within the limit.
    var hasRoom: Bool { counters.connectionsOpen.load(ordering: .relaxed) <= core.maximumConnections }

    func remove(_ connection: any LoopMember) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counters.connectionsOpen.wrappingSubtract(1, ordering: .relaxed)
        if connections.isEmpty { whenEmpty?.succeed() }
    }

    /// A buffer to collect answers in. Each loop keeps one, because only one connection is active at a time: ten
    /// thousand idle connections hold none.
    func takeBuffer() -> ByteBuffer {
        guard let buffer = spareBuffer else { return ByteBuffer() }
        spareBuffer = nil
        return buffer
    }

    func giveBack(_ buffer: inout ByteBuffer) {
        let largestKept = 256 * 1024
        if spareBuffer == nil, buffer.capacity <= largestKept {
            buffer.clear()
            spareBuffer = buffer
        }
        buffer = ByteBuffer()
    }

    /// The series that counts the request; nil without metrics.
    func series(of request: APIRequest) -> RequestSeries? { series?.series(of: request) }

    /// Counts a finished request.
    /// - Parameter found: its series; nil for a request that was refused before it was read in full.
    func count(_ note: RequestNote, in found: RequestSeries?, at now: NIODeadline) {
        (found ?? series?.unread)?.finished(
            code: note.status, nanoseconds: (now - note.began).nanoseconds, bytes: note.bytes)
    }

    /// Remembers why something was refused, for the log.
    func note(_ cause: FaultNotes.Cause) { notes.add(cause) }

    private func onTick() {
        tick += 1
        notes.flush(to: core.logger)
        for connection in connections.values where connection.deadline <= tick { connection.timeOut() }
    }
}

// MARK: - Shutdown

extension LoopContext {
    /// Ends everything that may end now and lets running requests finish; the future succeeds when the last connection
    /// is closed, at the latest after the grace period.
    func drain() -> EventLoopFuture<Void> {
        isDraining = true
        ticking?.cancel()
        let promise = eventLoop.makePromise(of: Void.self)
        whenEmpty = promise
        for connection in Array(connections.values) { connection.drain() }
        if connections.isEmpty { promise.succeed() }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        // A client that does not read must not hold up the shutdown.
        let unread = eventLoop.scheduleTask(in: .milliseconds(90)) { bound.value.closeAll(evenRunning: false) }
        let grace = eventLoop.scheduleTask(in: TimeAmount(core.configuration.shutdownGrace)) {
            bound.value.closeAll(evenRunning: true)
        }
        promise.futureResult.whenComplete { _ in
            unread.cancel()
            grace.cancel()
        }
        return promise.futureResult
    }

    private func closeAll(evenRunning: Bool) {
        for connection in Array(connections.values) where evenRunning || !connection.isAtWork { connection.close() }
    }
}
