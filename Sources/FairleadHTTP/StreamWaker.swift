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

    private func drain() {
        let wakers = waiting.withLock { waiting in
            let all = waiting
            waiting = []
            return all
        }
        for waker in wakers { waker.fire() }
    }
}
