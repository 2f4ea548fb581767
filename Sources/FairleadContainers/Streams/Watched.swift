import Synchronization

/// A state behind a lock, and the tasks that wait until it is as they want it.
package final class Watched<State: Sendable>: Sendable {
    private struct Inner {
        var state: State
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let inner: Mutex<Inner>

    package init(_ state: State) { inner = Mutex(Inner(state: state)) }

    /// Whether anybody waits.
    package var isAwaited: Bool { inner.withLock { !$0.waiters.isEmpty } }

    /// Looks at the state, or changes what nobody waits for.
    package func withLock<Answer: Sendable>(_ body: (inout State) -> Answer) -> Answer {
        inner.withLock { body(&$0.state) }
    }

    /// Changes the state, and lets those who wait look at it.
    package func change(_ body: (inout State) -> Void) {
        let waiters = inner.withLock { inner in
            body(&inner.state)
            defer { inner.waiters = [:] }
            return Array(inner.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the state is as wanted, or the task is cancelled.
    package func wait(until isReady: @Sendable (State) -> Bool) async {
        let id = inner.withLock { inner in
            inner.next += 1
            return inner.next
        }
        while !Task.isCancelled {
            if inner.withLock({ isReady($0.state) }) { return }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mayGo = inner.withLock { inner in
                        if Task.isCancelled || isReady(inner.state) { return true }
                        inner.waiters[id] = continuation
                        return false
                    }
                    if mayGo { continuation.resume() }
                }
            } onCancel: {
                inner.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
            }
        }
    }
}
