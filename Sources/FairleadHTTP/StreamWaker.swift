import NIOCore
import Synchronization

/// Forwards the wake-up of a stream from any thread to its connection's event loop.
///
/// However often a stream is woken before the loop gets to it, it is pulled once; and however many streams of a loop
/// are woken together, the loop is interrupted once.
final class StreamWaker: Sendable {
    private let isPending = Atomic<Bool>(false)
    private let connection: NIOLoopBound<Connection>
    private let list: WakeList

    init(connection: Connection, eventLoop: any EventLoop, list: WakeList) {
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
        self.list = list
    }

    /// May be called on any thread.
    func wake() {
        if !isPending.exchange(true, ordering: .acquiringAndReleasing) { list.add(self) }
    }

    /// Runs on the event loop. The flag is cleared first, so that a wake-up during the pull is not lost.
    func fire() {
        isPending.store(false, ordering: .releasing)
        connection.value.streamWoken(by: self)
    }
}

/// The streams of one event loop that have been woken but not yet pulled.
final class WakeList: Sendable {
    private let eventLoop: any EventLoop
    private let waiting = Mutex<[StreamWaker]>([])

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func add(_ waker: StreamWaker) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(waker)
            return waiting.count == 1
        }
        if isFirst { eventLoop.execute { self.drain() } }
    }

    /// After so many, about a millisecond's work, other connections of the loop get their turn: the answer to the very write
    /// that woke thousands of streams, for one, waits behind them.
    private static let firedAtOnce = 128

    private func drain() {
        let wakers = waiting.withLock { waiting in
            let all = waiting
            waiting = []
            return all
        }
        fire(wakers[...])
    }

    private func fire(_ wakers: ArraySlice<StreamWaker>) {
        for waker in wakers.prefix(Self.firedAtOnce) { waker.fire() }
        let rest = wakers.dropFirst(Self.firedAtOnce)
        guard !rest.isEmpty else { return }
        // Later, if only a little: sockets are looked at when no task is due.
        eventLoop.scheduleTask(in: .microseconds(10)) { self.fire(rest) }
    }
}
