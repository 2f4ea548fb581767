import FairleadAPI
import NIOCore

/// A stream that is being sent, and the state needed to pull it at the right time.
final class OpenStream {
    let stream: any EventStream
    let waker: StreamWaker
    let isChunked: Bool
    /// Compresses pieces that are pulled on the compute pool.
    let compressor: GzipStream?
    /// Whether a pull is running on the compute pool.
    var isPulling = false
    /// Whether the stream was woken during that pull.
    var mustPullAgain = false
    private var timer: Scheduled<Void>?
    private var timerInstant: SuspendingClock.Instant?

    init(stream: any EventStream, waker: StreamWaker, isChunked: Bool, compressor: GzipStream?) {
        self.compressor = compressor
        self.stream = stream
        self.waker = waker
        self.isChunked = isChunked
    }

    /// Makes sure that the stream is pulled at its deadline. A timer that is too early is left alone: the pull it
    /// causes finds nothing and sets the next timer.
    func armTimer(on eventLoop: any EventLoop) {
        guard let deadline = stream.deadline else { return cancelTimer() }
        if let timerInstant, timerInstant <= deadline, timer != nil { return }
        timer?.cancel()
        // Clients choose the deadline; one beyond the range of the loop's clock is checked again in a day.
        let now = SuspendingClock.now
        let moment = min(deadline, now + .seconds(86_400))
        timerInstant = moment
        let delay = max(.zero, now.duration(to: moment))
        timer = eventLoop.scheduleTask(in: TimeAmount(delay)) { [waker] in waker.wake() }
    }

    func timerMayHaveFired() {
        if let timerInstant, timerInstant <= SuspendingClock.now { cancelTimer() }
    }

    func cancelTimer() {
        timer?.cancel()
        timer = nil
        timerInstant = nil
    }
}

extension Connection {
    /// How many bytes are requested from a stream at a time, and how many pulls in a row it gets before other
    /// connections.
    private static let pullBytes = 64 * 1024
    private static let pullsPerTurn = 16
    /// The size for streams that are pulled on the compute pool, where each pull costs two thread switches.
    private static let computedPullBytes = 256 * 1024

    func startStream(_ stream: any EventStream, contentType: String, headers: [(name: String, value: String)]) {
        guard let context else { return stream.cancel() }
        let exchange = assembler.exchange
        note.streams(keepsHead: loop.requestLog.isVerbose)
        let closes = closesAfterAnswer || !exchange.takesChunks
        streamEnd = stream.isLongAnswer ? answerTick : .max
        readerGoesOn()
        let compressor = stream.isLongAnswer && exchange.acceptsGzip ? GzipStream() : nil
        var headers = headers
        if compressor != nil { headers += GzipStream.headers }
        writeHead(
            status: 200, contentType: contentType, headers: headers,
            framing: exchange.takesChunks ? .chunked : .untilClose, closes: closes)
        loop.counters.streamsOpen.wrappingAdd(1, ordering: .relaxed)
        if !stream.isLongAnswer {
            loop.counters.longRunning.wrappingAdd(1, ordering: .relaxed)
            series?.longRunningBegan()
        }
        let waker = StreamWaker(connection: self, eventLoop: context.eventLoop, list: loop.wakes)
        let isChunked = exchange.takesChunks && entrance.http2 == nil
        let open = OpenStream(stream: stream, waker: waker, isChunked: isChunked, compressor: compressor)
        phase = .stream(open)
        guard !exchange.isHead else {
            dropStream(open)
            return answerIsComplete(closes: closes)
        }
        guard !loop.isDraining else { return finishStream(open, last: []) }
        stream.onWake { waker.wake() }
        pump()
    }

    /// Called by the waker; its stream may have ended in the meantime.
    func streamWoken(by waker: StreamWaker) {
        guard case .stream(let open) = phase, open.waker === waker else { return }
        if open.isPulling {
            open.mustPullAgain = true
            return
        }
        pump()
        takeWaiting()
        flushOut()
    }

    /// Pulls as long as the stream has data and the client keeps reading.
    func pumpStream(_ open: OpenStream) {
        open.timerMayHaveFired()
        var pulls = 0
        while case .stream(let current) = phase, current === open, let context, !open.isPulling {
            guard context.channel.isWritable else {
                awaitReader()
                return
            }
            if open.stream.computes { return pullElsewhere(open) }
            guard pulls < Connection.pullsPerTurn else {
                open.waker.wake()
                return
            }
            pulls += 1
            guard take(open.stream.pull(maximumBytes: Connection.pullBytes), of: open) else { return }
        }
    }

    /// - Returns: whether there may be more to pull right now.
    private func take(_ step: StreamStep, of open: OpenStream) -> Bool {
        switch step {
        case .data(let pieces):
            writePart(of: open, pieces)
            flushOut()
            return true
        case .wait:
            if let context { open.armTimer(on: context.eventLoop) }
            flushOut()
            return false
        case .end(let pieces):
            finishStream(open, last: pieces)
            return false
        }
    }

    /// Pulls once on the compute pool. The next pull follows when the client has taken this one's data.
    private func pullElsewhere(_ open: OpenStream) {
        guard let context else { return }
        open.isPulling = true
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, open), eventLoop: eventLoop)
        let (stream, compressor) = (open.stream, open.compressor)
        DeferredWork.run(on: ComputeFlow(key: client, pool: loop.core.compute)) {
            let step = stream.pull(maximumBytes: Connection.computedPullBytes)
            return compressor?.compress(step) ?? step
        } deliver: { step in
            eventLoop.execute {
                let (connection, open) = bound.value
                connection.pulled(step, of: open)
            }
        }
    }

    private func pulled(_ step: StreamStep, of open: OpenStream) {
        open.isPulling = false
        guard case .stream(let current) = phase, current === open else { return open.stream.cancel() }
        let mayGoOn = take(step, of: open)
        if mayGoOn || open.mustPullAgain {
            open.mustPullAgain = false
            pump()
        }
        takeWaiting()
        flushOut()
    }

    /// Ends the body according to its framing, so that the client sees a proper end and not a failure.
    func finishStream(_ open: OpenStream, last pieces: [[UInt8]]) {
        writePart(of: open, pieces)
        if open.isChunked { buffered { $0.writeStaticString("0\r\n\r\n") } }
        // If the client is gone, writing has found that out, and all is done.
        guard case .stream(let current) = phase, current === open else { return }
        dropStream(open)
        answerIsComplete(closes: closesAfterAnswer || !open.isChunked)
        flushOut()
    }

    /// Releases the stream and everything that would pull it again.
    func dropStream(_ open: OpenStream) {
        open.cancelTimer()
        // A stream is not cancelled in the middle of a pull; `pulled` then cancels it.
        if !open.isPulling { open.stream.cancel() }
        loop.counters.streamsOpen.wrappingSubtract(1, ordering: .relaxed)
        if !open.stream.isLongAnswer {
            loop.counters.longRunning.wrappingSubtract(1, ordering: .relaxed)
            series?.longRunningEnded()
        }
    }

    private func writePart(of open: OpenStream, _ pieces: [[UInt8]]) {
        guard !pieces.isEmpty else { return }
        for piece in pieces { note.sent(piece.count) }
        buffered { out in
            if open.isChunked {
                out.writeChunk(pieces)
            } else {
                for piece in pieces { out.writeBytes(piece) }
            }
        }
    }
}
