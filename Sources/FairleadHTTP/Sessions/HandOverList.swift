import NIOCore
import Synchronization

/// The sessions of one event loop that have sent something, in turns.
///
/// A loop runs all tasks that are due before it looks at its sockets again. So what sessions send is handed over by one
/// task at a time, which stops after a moment and leaves the loop to its sockets before it goes on: programs that never
/// stop writing keep nobody else waiting.
final class HandOverList: Sendable {
    private struct State {
        var waiting = CircularBuffer<SessionLink>()
        var isScheduled = false
        var lastTurn = NIODeadline.uptimeNanoseconds(0)
    }

    /// How long one turn lasts, roughly, and what is left to the sockets after it at least.
    private static let turn = TimeAmount.milliseconds(1)
    private static let pause = TimeAmount.microseconds(250)

    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// May be called on any thread.
    func add(_ link: SessionLink) {
        schedule { $0.waiting.append(link) }
    }

    private func schedule(_ change: (inout State) -> Void) {
        let pause: TimeAmount? = state.withLock { state in
            change(&state)
            guard !state.isScheduled, !state.waiting.isEmpty else { return nil }
            state.isScheduled = true
            return NIODeadline.now() - state.lastTurn < Self.turn ? Self.pause : .zero
        }
        guard let pause else { return }
        if pause == .zero {
            eventLoop.execute { self.takeTurn() }
        } else {
            eventLoop.scheduleTask(in: pause) { self.takeTurn() }
        }
    }

    private func takeTurn() {
        let end = NIODeadline.now() + Self.turn
        while let link = state.withLock({ $0.waiting.popFirst() }) {
            if link.handOver() { state.withLock { $0.waiting.append(link) } }
            if NIODeadline.now() >= end { break }
        }
        schedule { state in
            state.isScheduled = false
            state.lastTurn = .now()
        }
    }
}
