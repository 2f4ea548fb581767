import FairleadContainers
import FairleadModel
import Synchronization

/// What the process of a container writes: it goes into the log, and to everybody who is attached.
///
/// Somebody who reads too slowly misses what comes meanwhile; the container does not wait.
final class Console: Sendable {
    /// A piece of output.
    struct Piece: Sendable {
        var bytes: [UInt8]
        var isError: Bool
    }

    /// One of its two streams.
    struct Stream: ByteSink {
        let console: Console
        let isError: Bool

        func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
            if Task.isCancelled { throw BrokenPipe() }
            console.write(Piece(bytes: bytes, isError: isError))
        }

        func end() {}
    }

    private struct State {
        var listeners: [Int: AsyncStream<Piece>.Continuation] = [:]
        var next = 0
        var hasEnded = false
    }

    /// Pieces that somebody who is attached may be behind.
    private static let patience = 256

    let log: LogBuffer
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(log: LogBuffer, now: @escaping @Sendable () -> Timestamp) {
        self.log = log
        self.now = now
    }

    var output: Stream { Stream(console: self, isError: false) }
    var errors: Stream { Stream(console: self, isError: true) }

    private func write(_ piece: Piece) {
        log.append(piece.bytes, at: now())
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield(piece) }
    }

    /// Nothing follows.
    func end() {
        log.end()
        let listeners = state.withLock { state in
            state.hasEnded = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    /// What is written from now on, until the container ends.
    func listen() -> AsyncStream<Piece> {
        let (stream, continuation) = AsyncStream<Piece>.makeStream(bufferingPolicy: .bufferingNewest(Self.patience))
        let id = state.withLock { state -> Int? in
            if state.hasEnded { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }
}
