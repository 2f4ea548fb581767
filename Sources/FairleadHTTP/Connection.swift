import FairleadAPI
import FairleadNet
import NIOCore
import NIOHTTP1

/// One client's connection: takes parts from the decoder, calls the handler, and writes the answers in order.
///
/// Requests are answered one after the other. Whatever arrives while one is being answered waits, and the socket is not
/// read while too much is waiting. Everything here happens on the connection's event loop.
///
/// Sending answers is in `Connection+answers.swift`, sending streams in `Connection+streams.swift`.
final class Connection: ChannelDuplexHandler, LoopMember {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between requests.
        case idle
        /// The head has arrived, but not yet the whole body.
        case receiving
        /// A task is working on the answer.
        case deferred
        /// A large answer is being sent.
        case body(BodyCursor)
        case stream(OpenStream)
        /// The connection has left HTTP.
        case session(OpenSession)
        /// The last answer has been sent; anything that still arrives is discarded until the client closes the
        /// connection.
        case lingering
        case closed

        var isOpenForRequests: Bool {
            switch self {
            case .idle, .receiving: true
            case .deferred, .body, .stream, .session, .lingering, .closed: false
            }
        }
    }

    private enum Waiting {
        case part(HTTPServerRequestPart)
        case failure(APIResponse)
        /// A request behind which the decoder reads no more.
        case last(HTTPRequestHead)
    }

    let loop: LoopContext
    let entrance: Entrance
    var context: ChannelHandlerContext?
    var phase: Phase = .idle
    var assembler: RequestAssembler
    /// What the request log will say.
    var note = RequestNote()
    /// The series that counts the request, once it has been read in full.
    var series: RequestSeries?
    /// Answers not yet handed to the socket.
    var out = ByteBuffer()
    /// Guards against reentrancy from our own writes; a call suppressed by it is made up for afterwards.
    var isPumping = false
    var mustPumpAgain = false
    /// The tick at which `timeOut` is called.
    private(set) var deadline: Int = .max
    /// The work that phase `.deferred` waits for; outcomes with an older number are dropped.
    var work: Task<Void, Never>?
    var workNumber = 0
    /// Whether the work runs on the compute pool.
    var isComputing = false
    /// Whether the work waits for a program, and ends with its client.
    var isPassing = false
    /// Whether what comes is not HTTP any more.
    var isUpgraded = false
    /// What the limiter says about the request that is being answered.
    let share = RequestShare()
    /// The share of the body budget that this request's body takes.
    var lease: BodyLease?
    /// How many more requests are answered before the loop's other connections get their turn: a client may send two
    /// thousand of them in one packet.
    private var requestsThisTurn = Connection.requestsPerTurn
    private static let requestsPerTurn = 16
    private var isTurnDue = false
    /// How many ticks an answer may still be computed for a client that has closed its side.
    static let ticksAfterInput = 2
    /// The tick by which a long answer must be sent; .max for a watch.
    var streamEnd: Int = .max
    var isAwaitingReader = false
    private var headTick = 0
    /// The tick at which the request was complete.
    private(set) var answerStart = 0
    private var bodyBytes = 0
    private var waiting = CircularBuffer<Waiting>(initialCapacity: 2)
    private var waitingBytes = 0
    private var isReadHeld = false
    private var sawPart = false
    private var isReceivingHead = false
    /// Whether the client has closed its side.
    private(set) var hasInputEnded = false
    /// The address of the client.
    private lazy var source = context?.channel.remoteAddress?.ipAddress ?? ""

    init(loop: LoopContext, entrance: Entrance) {
        self.loop = loop
        self.entrance = entrance
        assembler = RequestAssembler(
            maximumBodyBytes: loop.core.configuration.maximumBodyBytes, isGuarded: entrance.isGuarded)
    }

    // MARK: Life

    /// Behind a handshake, the connection is active already.
    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context, isNew: false) }
    }

    func channelActive(context: ChannelHandlerContext) {
        if self.context == nil { begin(context, isNew: entrance.http2 == nil) }
    }

    private func begin(_ context: ChannelHandlerContext, isNew: Bool) {
        self.context = context
        loop.add(self, isNew: isNew)
        guard !loop.isDraining else { return close() }
        guard loop.hasRoom else {
            loop.note(.tooManyConnections)
            return close()
        }
        if entrance.isForOwner, let why = PeerOwner.refusal(of: context.channel) {
            loop.note(.stranger)
            assembler.refuseAll(with: Refusal.stranger(why))
        }
        setDeadline(loop.core.timeouts.idle)
    }

    func channelInactive(context: ChannelHandlerContext) {
        becomeClosed()
        self.context = nil
        loop.remove(self)
        if isUpgraded { context.fireChannelInactive() }
    }

    /// Closes without any further answer.
    func close() {
        becomeClosed()
        context?.close(promise: nil)
    }

    private func becomeClosed() {
        switch phase {
        case .closed: return
        case .idle, .lingering: break
        case .stream(let stream):
            dropStream(stream)
            requestIsOver()
        case .session(let open):
            dropSession(open)
            requestIsOver()
        case .receiving, .deferred, .body:
            note.abandon()
            requestIsOver()
        }
        abandonWork()
        lease = nil
        phase = .closed
        waiting.removeAll()
    }

    /// Whether a request is being answered that shutdown should wait for.
    var isAtWork: Bool {
        switch phase {
        case .deferred, .body: true
        case .stream(let open): open.stream.isLongAnswer
        case .idle, .receiving, .session, .lingering, .closed: false
        }
    }

    func drain() {
        switch phase {
        case .idle where waiting.isEmpty: close()
        // A truncated answer must not look like a complete one.
        case .stream(let open) where open.stream.isLongAnswer: break
        case .stream(let open): finishStream(open, last: [])
        case .session(let open): finishSession(open, isServerStopping: true)
        case .deferred where isPassing: close()
        case .idle, .receiving, .deferred, .body, .lingering, .closed: break
        }
    }

    // MARK: Timeouts

    /// Sets the deadline that many ticks from now; nil for never.
    func setDeadline(_ ticks: Int?) {
        deadline = ticks.map { loop.tick + $0 } ?? .max
    }

    func timeOut() {
        switch phase {
        case .deferred where hasInputEnded && (isComputing || isPassing): close()
        case .session(let open): finishSession(open, isServerStopping: false)
        case .deferred:
            loop.note(.outOfTime)
            abandonWork()
            send(Refusal.outOfTime)
            takeWaiting()
            flushOut()
        case .receiving:
            loop.note(.slowBody)
            refuse(Refusal.bodyTooSlow)
            flushOut()
        case .stream where !isAwaitingReader:
            // The head has been sent, so all that can be done is to break the connection off, as kube-apiserver does.
            loop.note(.cutOff)
            close()
        case .body, .stream:
            loop.note(.slowReader)
            close()
        case .idle, .lingering, .closed: close()
        }
    }

    /// The client has stopped reading its stream: it has a limited time, from the first call on, to read something.
    func awaitReader() {
        guard !isAwaitingReader else { return }
        isAwaitingReader = true
        setDeadline(min(loop.core.timeouts.progress, max(1, streamEnd == .max ? .max : streamEnd - loop.tick)))
    }

    func readerGoesOn() {
        isAwaitingReader = false
        deadline = streamEnd
    }

    /// How long the rest of a body may take: as long as it arrives at the minimum rate, counted after the time for a
    /// head.
    private func setBodyDeadline() {
        let timeouts = loop.core.timeouts
        let earned = headTick + timeouts.header + bodyBytes / timeouts.bodyBytesPerTick
        setDeadline(min(timeouts.progress, max(1, earned - loop.tick)))
    }

    // MARK: Input

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isUpgraded { return context.fireChannelRead(data) }
        sawPart = true
        entrance.http1?.methods.forget()
        let part = unwrapInboundIn(data)
        guard waiting.isEmpty, takesParts else { return wait(.part(part)) }
        take(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isUpgraded { return context.fireChannelReadComplete() }
        flushOut()
        if waiting.isEmpty { requestsThisTurn = Connection.requestsPerTurn }
        if case .idle = phase {
            if sawPart {
                isReceivingHead = false
                setDeadline(loop.core.timeouts.idle)
            } else if !isReceivingHead {
                // Bytes have arrived that are not yet a complete head.
                isReceivingHead = true
                setDeadline(loop.core.timeouts.header)
            }
        }
        sawPart = false
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return close() }
        switch error {
        case .invalidEOFState, .closedConnection: hasInputEnded = true
        case .headerOverflow: wait(.failure(Refusal.headerTooLarge))
        case .invalidVersion: wait(.failure(Refusal.unknownVersion))
        default:
            guard case .invalidMethod = error, let head = entrance.http1?.methods.head() else {
                wait(.failure(Refusal.badRequest))
                break
            }
            wait(.last(head))
            takeWaiting()
            return flushOut()
        }
        if !hasInputEnded { loop.note(.malformed) }
        takeWaiting()
        flushOut()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        hasInputEnded = true
        if isUpgraded { context.fireUserInboundEventTriggered(event) }
        switch phase {
        // A client that closes its side during a watch has gone; one that closes it after sending a request may still
        // want the answer. But work that changes nothing does not continue for long for a client that has probably
        // gone, and what is passed on to another server keeps a place that others wait for: as in Go, it ends at once.
        case .idle where waiting.isEmpty: close()
        case .stream(let open) where open.stream.isLongAnswer: break
        case .receiving, .stream, .lingering: close()
        case .deferred where isPassing: close()
        case .deferred where isComputing && assembler.exchange.isRead:
            setDeadline(Connection.ticksAfterInput)
        case .session: sessionInputEnded()
        case .idle, .deferred, .body, .closed: break
        }
    }

    /// Reading is deferred while too much waits: TCP flow control then slows the client down.
    func read(context: ChannelHandlerContext) {
        guard waiting.count < 64, waitingBytes < 256 * 1024 else {
            isReadHeld = true
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isUpgraded { return context.fireChannelWritabilityChanged() }
        guard context.channel.isWritable else { return }
        if case .stream = phase { readerGoesOn() }
        pump()
        takeWaiting()
        flushOut()
    }

    private var takesParts: Bool {
        switch phase {
        case .idle, .receiving: requestsThisTurn > 0 && context?.channel.isWritable ?? false
        case .lingering, .closed: true
        case .deferred, .body, .stream, .session: false
        }
    }

    private func wait(_ next: Waiting) {
        waiting.append(next)
        if requestsThisTurn == 0 { giveOthersATurn() }
        if case .part(.body(let buffer)) = next { waitingBytes += buffer.readableBytes }
    }

    private func giveOthersATurn() {
        guard let context, !isTurnDue else { return }
        isTurnDue = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        // Not `execute`: a loop runs all due tasks before it looks at its sockets again, and this one must not be due
        // before this turn's answers have been written.
        context.eventLoop.scheduleTask(in: .microseconds(250)) {
            let connection = bound.value
            connection.isTurnDue = false
            connection.requestsThisTurn = Connection.requestsPerTurn
            connection.takeWaiting()
            connection.flushOut()
        }
    }

    /// Continues with what has arrived in the meantime, as far as it can be answered now.
    func takeWaiting() {
        while takesParts, let next = waiting.popFirst() {
            switch next {
            case .part(let part):
                if case .body(let buffer) = part { waitingBytes -= buffer.readableBytes }
                take(part)
            case .failure(let response):
                // After the last answer, nothing more is answered.
                if phase.isOpenForRequests { refuse(response) }
            case .last(let head):
                guard case .idle = phase else { continue }
                take(.head(head))
                assembler.endAfterThisAnswer()
                take(.end(nil))
            }
        }
        if requestsThisTurn == 0, !waiting.isEmpty { giveOthersATurn() }
        if hasInputEnded, waiting.isEmpty, case .idle = phase { return finishAndClose() }
        if isReadHeld, waiting.count < 64, waitingBytes < 256 * 1024 {
            isReadHeld = false
            context?.read()
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch (phase, part) {
        case (.idle, .head(let head)):
            phase = .receiving
            note.begin(head, at: .now())
            loop.counters.requests.wrappingAdd(1, ordering: .relaxed)
            loop.counters.requestsInFlight.wrappingAdd(1, ordering: .relaxed)
            if note.isMutating { loop.counters.mutatingInFlight.wrappingAdd(1, ordering: .relaxed) }
            headTick = loop.tick
            bodyBytes = 0
            setBodyDeadline()
            act(on: assembler.begin(head))
        case (.receiving, .body(let buffer)):
            loop.counters.bodyBytesReceived.wrappingAdd(buffer.readableBytes, ordering: .relaxed)
            bodyBytes += buffer.readableBytes
            setBodyDeadline()
            let lease = lease ?? BodyLease(loop.core.bodies)
            self.lease = lease
            guard lease.grow(by: buffer.readableBytes) else {
                loop.note(.bodyMemory)
                return refuse(Refusal.tooManyRequests)
            }
            act(on: assembler.append(buffer))
        case (.receiving, .end):
            setDeadline(nil)
            requestsThisTurn -= 1
            answerStart = loop.tick
            var parts = assembler.finish()
            parts.peer = entrance.peer
            parts.source = source
            share.set(flow: "")
            parts.share = share
            let request = APIRequest(parts)
            series = loop.series(of: request)
            answer(loop.core.handler(request))
        default:
            // The rest of a request that has been refused.
            break
        }
    }

    private func act(on verdict: RequestAssembler.Verdict) {
        switch verdict {
        case .goOn: break
        case .sendContinue:
            guard let http2 = entrance.http2 else {
                buffered { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
                return flushOut()
            }
            http2.writeContinue()
        case .refuse(let response):
            loop.note(.refused)
            refuse(response)
        }
    }
}
