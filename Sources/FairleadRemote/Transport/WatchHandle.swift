import AsyncHTTPClient
import FairleadClient
import Synchronization

/// The stream that a watch is reading from, or is trying to open, so that it can be ended from outside at any time.
final class WatchHandle: Sendable {
    private struct State {
        var stream: WatchStream?
        var isCancelled = false
    }

    /// Raised when there is something new in the stream, and when the watch is cancelled.
    let signal = Signal()
    private let state = Mutex(State())

    /// nil if there is none yet.
    var stream: WatchStream? { state.withLock { $0.stream } }
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Takes a stream in place of the one before, which must have ended.
    /// - Throws: if the watch has been cancelled.
    func hold(_ stream: WatchStream) throws {
        let isCancelled = state.withLock { state in
            state.stream = stream
            return state.isCancelled
        }
        if isCancelled { throw HTTPClientError.cancelled }
    }

    /// May be called repeatedly and from any thread.
    func cancel() {
        let stream = state.withLock { state in
            state.isCancelled = true
            return state.stream
        }
        stream?.cancel()
        signal.raise()
    }
}
