import FairleadAPI
import NIOCore

/// A stream that is being sent, and what is needed to pull it at the right time.
final class OpenStream {
    let stream: any EventStream
    let waker: StreamWaker
    let isChunked: Bool
    private var timer: Scheduled<Void>?
    private var timerInstant: ContinuousClock.Instant?

    init(stream: any EventStream, waker: StreamWaker, isChunked: Bool) {
        self.stream = stream
        self.waker = waker
        self.isChunked = isChunked
    }

    /// Sees to it that the stream is pulled at its deadline. A timer that is early is left alone: the pull it
    /// causes finds nothing and sets the next one.
    func armTimer(on eventLoop: any EventLoop) {
        guard let deadline = stream.deadline else { return cancelTimer() }
        if let timerInstant, timerInstant <= deadline, timer != nil { return }
        timer?.cancel()
        timerInstant = deadline
        let delay = max(.zero, ContinuousClock.now.duration(to: deadline))
        timer = eventLoop.scheduleTask(in: TimeAmount(delay)) { [waker] in waker.wake() }
    }

    func timerMayHaveFired() {
        if let timerInstant, timerInstant <= ContinuousClock.now { cancelTimer() }
    }

    func cancelTimer() {
        timer?.cancel()
        timer = nil
        timerInstant = nil
    }
}

extension Connection {
    /// How much is asked of a stream at a time, and how often in a row before other connections get their turn.
    private static let pullBytes = 64 * 1024
    private static let pullsPerTurn = 16

    func startStream(_ stream: any EventStream, contentType: String, headers: [(name: String, value: String)]) {
        guard let context else { return stream.cancel() }
        let exchange = assembler.exchange
        note.streams(keepsHead: loop.requestLog.isVerbose)
        let dateLine = loop.dateLine
        let closes = closesAfterAnswer || !exchange.takesChunks
        buffered { out in
            out.writeHead(
                status: 200, contentType: contentType, headers: headers,
                framing: exchange.takesChunks ? .chunked : .untilClose, closes: closes, dateLine: dateLine)
        }
        loop.counters.streamsOpen.wrappingAdd(1, ordering: .relaxed)
        let waker = StreamWaker(connection: self, eventLoop: context.eventLoop, list: loop.wakes)
        let open = OpenStream(stream: stream, waker: waker, isChunked: exchange.takesChunks)
        phase = .stream(open)
        guard !exchange.isHead else {
            dropStream(open)
            return answerIsComplete(closes: closes)
        }
        guard !loop.isDraining else { return finishStream(open, last: []) }
        stream.onWake { waker.wake() }
        pump()
    }

    /// Called by the waker; the stream it belongs to may have ended in the meantime.
    func streamWoken(by waker: StreamWaker) {
        guard case .stream(let open) = phase, open.waker === waker else { return }
        pump()
        takeWaiting()
        flushOut()
    }

    /// Pulls as long as there is something and the client takes it.
    func pumpStream(_ open: OpenStream) {
        open.timerMayHaveFired()
        var pulls = 0
        while case .stream(let current) = phase, current === open, let context, context.channel.isWritable {
            guard pulls < Connection.pullsPerTurn else {
                open.waker.wake()
                return
            }
            pulls += 1
            switch open.stream.pull(maximumBytes: Connection.pullBytes) {
            case .data(let pieces):
                writePart(of: open, pieces)
            case .wait:
                open.armTimer(on: context.eventLoop)
                flushOut()
                return
            case .end(let pieces):
                finishStream(open, last: pieces)
            }
            flushOut()
        }
    }

    /// Ends the body as agreed, so that the client sees an end and not a failure.
    func finishStream(_ open: OpenStream, last pieces: [[UInt8]]) {
        writePart(of: open, pieces)
        if open.isChunked { buffered { $0.writeStaticString("0\r\n\r\n") } }
        dropStream(open)
        answerIsComplete(closes: closesAfterAnswer || !open.isChunked)
        flushOut()
    }

    /// Lets go of the stream and of everything that would pull it again.
    func dropStream(_ open: OpenStream) {
        open.cancelTimer()
        open.stream.cancel()
        loop.counters.streamsOpen.wrappingSubtract(1, ordering: .relaxed)
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
