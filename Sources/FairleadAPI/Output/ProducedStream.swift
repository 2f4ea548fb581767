package import FairleadContainers
import Synchronization

/// A streaming body that a task writes, as fast as the client reads it.
package final class ProducedStream: EventStream, ByteSink {
    /// How much waits for the client before the writer does.
    private static let capacity = 64 << 10

    private struct State {
        var pending: [[UInt8]] = []
        var size = 0
        var hasEnded = false
        var isCancelled = false
        var wake: (@Sendable () -> Void)?
        var writer: CheckedContinuation<Void, Never>?
    }

    private let produce: @Sendable (any ByteSink) async -> Void
    private let state = Mutex(State())
    /// The writer's task: it ends with the stream.
    private let tasks = TaskKeeper()

    package init(_ produce: @escaping @Sendable (any ByteSink) async -> Void) { self.produce = produce }

    // MARK: - EventStream

    package var deadline: SuspendingClock.Instant? { nil }

    package func onWake(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
        tasks.start {
            await self.produce(self)
            self.end()
        }
    }

    package func pull(maximumBytes: Int) -> StreamStep {
        let (step, writer) = state.withLock { state -> (StreamStep, CheckedContinuation<Void, Never>?) in
            let pieces = state.pending
            state.pending = []
            state.size = 0
            let writer = state.writer
            state.writer = nil
            if state.hasEnded || state.isCancelled { return (.end(pieces), writer) }
            return (pieces.isEmpty ? .wait : .data(pieces), writer)
        }
        writer?.resume()
        return step
    }

    package func cancel() {
        let writer = state.withLock { state in
            state.isCancelled = true
            state.wake = nil
            defer { state.writer = nil }
            return state.writer
        }
        writer?.resume()
        tasks.abandon()
    }

    // MARK: - ByteSink

    package func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        await room()
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            if state.isCancelled || state.hasEnded { return nil }
            if !bytes.isEmpty { state.pending.append(bytes) }
            state.size += bytes.count
            return state.wake
        }
        guard let wake, !Task.isCancelled else { throw BrokenPipe() }
        wake()
    }

    package func end() {
        let wake = state.withLock { state in
            state.hasEnded = true
            return state.wake
        }
        wake?()
    }

    /// Waits until less than the capacity is pending.
    private func room() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    if Task.isCancelled || state.isCancelled || state.size < Self.capacity { return true }
                    state.writer = continuation
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            let writer = state.withLock { state in
                defer { state.writer = nil }
                return state.writer
            }
            writer?.resume()
        }
    }
}
