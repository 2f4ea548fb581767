import AsyncHTTPClient
import FairleadClient
import FairleadModel
import NIOCore
import NIOHTTP1
import Synchronization

/// The bytes of one answer that has no end, handed from an event loop to one task.
///
/// If the task does not keep up, the server is made to wait: no more than `waitingBytes`, and the piece that went beyond
/// them, are held.
final class WatchStream: HTTPClientResponseDelegate {
    typealias Response = Void

    /// What the task gets.
    struct Intake: Sendable {
        var pieces: [ByteBuffer]
        /// After the pieces nothing more comes.
        var end: End?
        /// When the last byte came, by the clock; in the beginning, when the stream was opened.
        var heardAt: Duration
    }

    enum End: Sendable {
        /// The server has ended its answer as HTTP wants it.
        case finished
        case failed(any Error)
    }

    private struct State {
        var task: HTTPClient.Task<Void>?
        var head: HTTPResponseHead?
        var pieces: [ByteBuffer] = []
        var waitingBytes = 0
        var end: End?
        var heardAt: Duration
        var isCancelled = false
        /// Unfulfilled while the event loop waits for the task.
        var resumption: EventLoopPromise<Void>?
    }

    private let signal: Signal
    private let clock: any DelayClock
    private let waitingBytes: Int
    private let state: Mutex<State>
    /// When the stream was opened, by the clock.
    let openedAt: Duration

    /// - Parameter signal: raised whenever there is something to take.
    init(signal: Signal, clock: any DelayClock, waitingBytes: Int) {
        self.signal = signal
        self.clock = clock
        self.waitingBytes = waitingBytes
        openedAt = clock.now
        state = Mutex(State(heardAt: clock.now))
    }

    /// Names the request whose answer this is.
    func start(_ task: HTTPClient.Task<Void>) {
        let isCancelled = state.withLock { state in
            if state.end == nil { state.task = task }
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    /// Ends the request. May be called repeatedly and from any thread.
    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
        signal.raise()
    }

    // MARK: - the task's side

    /// Takes all that is there, which lets more come.
    func take() -> Intake {
        let (intake, resumption) = state.withLock { state in
            let intake = Intake(pieces: state.pieces, end: state.end, heardAt: state.heardAt)
            state.pieces = []
            state.waitingBytes = 0
            defer { state.resumption = nil }
            return (intake, state.resumption)
        }
        resumption?.succeed()
        return intake
    }

    /// Waits for the head of the answer.
    func head(within patience: Duration) async throws -> HTTPResponseHead {
        let deadline = clock.now + patience
        while true {
            let (head, end) = state.withLock { ($0.head, $0.end) }
            if let head { return head }
            if case .failed(let error)? = end { throw error }
            if Task.isCancelled { throw HTTPClientError.cancelled }
            if clock.now >= deadline { throw HTTPClientError.deadlineExceeded }
            await signal.wait(until: deadline, clock: clock)
        }
    }

    /// Waits for the end of the answer and returns its beginning: for refusals, which are short. Then the stream is over.
    func rest(within patience: Duration) async throws -> [UInt8] {
        let deadline = clock.now + patience
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20 {
            let intake = take()
            for piece in intake.pieces { bytes.append(contentsOf: piece.readableBytesView) }
            if let end = intake.end {
                if case .failed(let error) = end { throw error }
                break
            }
            if Task.isCancelled { throw HTTPClientError.cancelled }
            if clock.now >= deadline { throw HTTPClientError.deadlineExceeded }
            await signal.wait(until: deadline, clock: clock)
        }
        cancel()
        return bytes
    }

    // MARK: - the event loop's side

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { state in
            state.head = head
            state.heardAt = clock.now
        }
        signal.raise()
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let now = clock.now
        let future = state.withLock { state -> EventLoopFuture<Void> in
            state.heardAt = now
            state.pieces.append(buffer)
            state.waitingBytes += buffer.readableBytes
            guard state.waitingBytes >= waitingBytes, state.end == nil else {
                return task.eventLoop.makeSucceededVoidFuture()
            }
            let promise = task.eventLoop.makePromise(of: Void.self)
            state.resumption = promise
            return promise.futureResult
        }
        signal.raise()
        return future
    }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) { finish(.failed(error)) }

    func didFinishRequest(task: HTTPClient.Task<Void>) { finish(.finished) }

    private func finish(_ end: End) {
        let resumption = state.withLock { state -> EventLoopPromise<Void>? in
            if state.end == nil { state.end = end }
            // The request keeps this object for as long as it runs, and no longer.
            state.task = nil
            defer { state.resumption = nil }
            return state.resumption
        }
        resumption?.succeed()
        signal.raise()
    }
}
