import FairleadAPI
import Synchronization

/// The requests of one schema that count as one client.
struct Flow: Sendable {
    let schema: FlowSchema
    /// The number of its level in the book.
    let level: Int
    let name: String

    /// The same for the same flow while the process lives.
    var hash: UInt64 {
        var hasher = Hasher()
        hasher.combine(name)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// A seat, given back once: when its request is over, or when nothing refers to it any more, as of a request whose client
/// has gone before it began.
final class TakenSeat: Sendable {
    private let seat: SeatBook.Seat
    private let flow: Flow
    private let control: FlowControl
    private let began = SuspendingClock.now
    private let isOver = Atomic<Bool>(false)

    init(_ seat: SeatBook.Seat, _ flow: Flow, _ control: FlowControl) {
        self.seat = seat
        self.flow = flow
        self.control = control
        flow.schema.counts.dispatched.wrappingAdd(1, ordering: .relaxed)
        flow.schema.counts.executing.wrappingAdd(1, ordering: .relaxed)
    }

    deinit { leave() }

    func leave() {
        guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
        flow.schema.counts.executing.wrappingSubtract(1, ordering: .relaxed)
        let time = began.duration(to: .now)
        control.waits.executed(flow, time)
        control.leave(seat, after: time / .seconds(1))
    }

    /// The same outcome, which gives the seat back when it is complete: a watch has been begun then, a long list sent.
    func held(through outcome: APIOutcome) -> APIOutcome {
        switch outcome {
        case .response, .longRunning, .session:
            leave()
            return outcome
        case .stream(let stream, let contentType, let headers):
            guard stream.isLongAnswer else {
                leave()
                return outcome
            }
            return .stream(SeatedStream(stream: stream, seat: self), contentType: contentType, headers: headers)
        case .deferred(let work): return .deferred { self.held(through: await work()) }
        case .computed(let work): return .computed { self.held(through: await work()) }
        }
    }
}

/// A long answer that keeps a seat until it has been sent.
private struct SeatedStream: EventStream {
    let stream: any EventStream
    let seat: TakenSeat

    func onWake(_ wake: @escaping @Sendable () -> Void) { stream.onWake(wake) }

    func pull(maximumBytes: Int) -> StreamStep {
        let step = stream.pull(maximumBytes: maximumBytes)
        if case .end = step { seat.leave() }
        return step
    }

    var deadline: SuspendingClock.Instant? { stream.deadline }

    func cancel() {
        stream.cancel()
        seat.leave()
    }

    var computes: Bool { stream.computes }
    var isLongAnswer: Bool { stream.isLongAnswer }
}
