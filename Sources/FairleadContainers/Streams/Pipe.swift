import Synchronization

/// Bytes from one task to another, at most `capacity` at a time: a writer waits for the reader.
///
/// One reader and one writer at a time.
package final class Pipe: ByteSource, ByteSink {
    private struct State {
        var buffer: [UInt8] = []
        /// Bytes of `buffer` that have been read.
        var start = 0
        var hasEnded = false
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?

        var count: Int { buffer.count - start }
    }

    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int = 65_536) { self.capacity = capacity }

    package func read(upTo limit: Int) async -> [UInt8]? {
        while !Task.isCancelled {
            let (bytes, ended, writer) = state.withLock {
                state -> ([UInt8]?, Bool, CheckedContinuation<Void, Never>?) in
                guard state.count > 0 else { return (nil, state.hasEnded || state.isClosed, nil) }
                let end = min(state.buffer.count, state.start + max(1, limit))
                let bytes = Array(state.buffer[state.start..<end])
                state.start = end
                if state.start == state.buffer.count {
                    state.buffer.removeAll(keepingCapacity: state.buffer.capacity <= 65_536)
                    state.start = 0
                }
                let writer = state.writer
                state.writer = nil
                return (bytes, false, writer)
            }
            writer?.resume()
            if let bytes { return bytes }
            if ended { return nil }
            await wait(\.reader) { $0.count > 0 || $0.hasEnded || $0.isClosed }
        }
        return nil
    }

    package func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if Task.isCancelled { throw BrokenPipe() }
            let (taken, isBroken, reader) = state.withLock { state -> (Int, Bool, CheckedContinuation<Void, Never>?) in
                if state.isClosed || state.hasEnded { return (0, true, nil) }
                let room = min(rest.count, capacity - state.count)
                guard room > 0 else { return (0, false, nil) }
                if state.start > 65_536 {
                    state.buffer.removeFirst(state.start)
                    state.start = 0
                }
                state.buffer += rest.prefix(room)
                let reader = state.reader
                state.reader = nil
                return (room, false, reader)
            }
            reader?.resume()
            if isBroken { throw BrokenPipe() }
            rest = rest.dropFirst(taken)
            if rest.isEmpty { return }
            await wait(\.writer) { $0.count < self.capacity || $0.hasEnded || $0.isClosed }
        }
    }

    package func end() { wake { $0.hasEnded = true } }

    /// The reader has gone: what is written from now on is lost, and the writer is told.
    package func close() {
        wake {
            $0.isClosed = true
            $0.buffer = []
            $0.start = 0
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let (reader, writer) = state.withLock { state in
            change(&state)
            let waiting = (state.reader, state.writer)
            state.reader = nil
            state.writer = nil
            return waiting
        }
        reader?.resume()
        writer?.resume()
    }

    /// Waits until woken, unless there is something to do already, or the task is cancelled.
    private func wait(
        _ side: any WritableKeyPath<State, CheckedContinuation<Void, Never>?> & Sendable,
        unless isReady: @Sendable (borrowing State) -> Bool
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (mayGo, displaced) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
                    if Task.isCancelled || isReady(state) { return (true, nil) }
                    let displaced = state[keyPath: side]
                    state[keyPath: side] = continuation
                    return (false, displaced)
                }
                displaced?.resume()
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                let waiting = state[keyPath: side]
                state[keyPath: side] = nil
                return waiting
            }
            waiting?.resume()
        }
    }
}
