import FairleadModel
import Synchronization

/// A long list on its way to one client: encoded as fast as the client reads it, and not on an event loop.
final class ListStream: EventStream {
    private let body: Mutex<ListBody>

    init(_ body: ListBody) { self.body = Mutex(body) }

    var computes: Bool { true }
    var isLongAnswer: Bool { true }
    var deadline: SuspendingClock.Instant? { nil }
    func onWake(_ wake: @escaping @Sendable () -> Void) {}
    func cancel() {}

    func pull(maximumBytes: Int) -> StreamStep {
        body.withLock { body in
            var bytes: [UInt8] = []
            body.write(into: &bytes, atLeast: maximumBytes)
            return body.isAtEnd ? .end([bytes]) : .data([bytes])
        }
    }
}
