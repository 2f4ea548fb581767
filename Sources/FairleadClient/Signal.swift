package import FairleadModel
import Synchronization

/// A flag that one task can wait for. If it is raised while nobody waits, this is remembered once.
package final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes the waiter, or lets the next `wait` return at once. Never blocks.
    package func raise() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter else {
                state.isRaised = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns when raised, or when the task is cancelled. For one task at a time; may wake spuriously.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (mayGo, displaced) = state.withLock { state in
                    if state.isRaised || Task.isCancelled {
                        state.isRaised = false
                        return (true, nil as CheckedContinuation<Void, Never>?)
                    }
                    let displaced = state.waiter
                    state.waiter = continuation
                    return (false, displaced)
                }
                displaced?.resume()
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiter
                state.waiter = nil
                return waiter
            }
            waiter?.resume()
        }
    }

    /// Like `wait`, but returns at `deadline` of `clock` at the latest.
    package func wait(until deadline: Duration, clock: any DelayClock) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { await clock.sleep(until: deadline) }
            await group.next()
            group.cancelAll()
        }
    }
}
