import DequeModule
import FairleadModel
import Synchronization

/// The queue between the watchers and the workers of a controller, after client-go's workqueue.
///
/// Guarantees:
/// - a key that is added many times before it is taken is handed out once;
/// - a key is worked on by one worker at a time: added while in work, it is handed out again after `done`;
/// - keys are handed out in the order in which they were (first) added;
/// - a waiting worker is handed the key by `add` itself: there is no polling.
///
/// A worker must call `done` for every key it got. Delayed keys need `runDelays` to run somewhere (`ControllerRunner`
/// does it). Nothing is rate limited but by `addRateLimited`.
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private let clock: any DelayClock
    private let backoff: Backoff
    private let metrics: any WorkQueueMetrics
    private let state: Mutex<State>
    private let delayChanged = Signal()

    package init(
        clock: any DelayClock = SystemDelayClock(), backoff: Backoff = .controllers,
        metrics: any WorkQueueMetrics = NoWorkQueueMetrics()
    ) {
        self.clock = clock
        self.backoff = backoff
        self.metrics = metrics
        state = Mutex(State(progress: clock.now, metrics: metrics))
    }

    private typealias Waiter = CheckedContinuation<Key?, Never>

    private struct State {
        var order: Deque<Key> = []
        /// Keys in need of work, with since when.
        var dirty: [Key: Duration] = [:]
        /// Keys in work, with when they were taken.
        var processing: [Key: Duration] = [:]
        /// When a worker last finished with a key.
        var progress: Duration
        var failures: [Key: Int] = [:]
        var delays = DelayHeap<Key>()
        var waiters: Deque<(id: UInt64, waiter: Waiter)> = []
        var nextWaiter: UInt64 = 0
        var isShutDown = false
        let metrics: any WorkQueueMetrics

        init(progress: Duration, metrics: any WorkQueueMetrics) {
            self.progress = progress
            self.metrics = metrics
        }

        /// Marks the key; returns a worker that shall be resumed with it.
        mutating func add(_ key: Key, _ clock: any DelayClock) -> Waiter? {
            if isShutDown || dirty[key] != nil { return nil }
            let now = clock.now
            dirty[key] = now
            metrics.added()
            return processing[key] == nil ? offer(key, now) : nil
        }

        mutating func offer(_ key: Key, _ now: Duration) -> Waiter? {
            guard let waiter = waiters.popFirst()?.waiter else {
                order.append(key)
                metrics.depthChanged(to: order.count)
                return nil
            }
            take(key, now)
            return waiter
        }

        /// The key that has waited longest.
        mutating func takeFirst(_ clock: any DelayClock) -> Key? {
            guard let key = order.popFirst() else { return nil }
            metrics.depthChanged(to: order.count)
            take(key, clock.now)
            return key
        }

        private mutating func take(_ key: Key, _ now: Duration) {
            metrics.taken(after: now - (dirty.removeValue(forKey: key) ?? now))
            processing[key] = now
        }
    }

    /// Marks the key as in need of work.
    @_specialize(where Key == ObjectName)
    package func add(_ key: Key) {
        state.withLock { $0.add(key, clock) }?.resume(returning: key)
    }

    /// Nobody waits longer: whoever comes back too early looks again.
    private static var longestDelay: Duration { .seconds(86_400) }

    /// Adds the key after a delay, a day at most; of several delays of one key the one that ends first counts.
    package func addAfter(_ key: Key, _ delay: Duration) {
        guard delay > .zero else { return add(key) }
        let deadline = clock.now + min(delay, Self.longestDelay)
        let isFirst = state.withLock { state in
            state.isShutDown ? false : state.delays.insert(key, deadline: deadline)
        }
        if isFirst { delayChanged.raise() }
    }

    /// Adds the key after a delay that doubles with every call since the last `forget`, and is returned.
    /// - Parameter limit: what the delay is at the most, if not what the back-off says.
    @discardableResult
    package func addRateLimited(_ key: Key, atMost limit: Duration? = nil) -> Duration {
        let failures = state.withLock { state -> Int in
            metrics.retried()
            let failures = state.failures[key, default: 0]
            state.failures[key] = failures + 1
            return failures
        }
        let longest = limit ?? backoff.maximum
        let delay = min(backoff.delay(afterFailures: failures), longest)
        addAfter(key, delay)
        return delay
    }

    /// Starts the backoff of the key afresh. Returns how often it had failed.
    @_specialize(where Key == ObjectName)
    @discardableResult
    package func forget(_ key: Key) -> Int {
        state.withLock { $0.failures.removeValue(forKey: key) ?? 0 }
    }

    /// How often `addRateLimited` was called since the last `forget`.
    package func failures(of key: Key) -> Int { state.withLock { $0.failures[key, default: 0] } }

    /// Waits for a key. Nil when the queue has been shut down and is empty, or when the task is cancelled.
    @_specialize(where Key == ObjectName)
    package func get() async -> Key? {
        let id = state.withLock { state -> UInt64 in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let ready = state.withLock { state -> Key?? in
                    if Task.isCancelled { return .some(nil) }
                    if let key = state.takeFirst(clock) { return key }
                    if state.isShutDown { return .some(nil) }
                    state.waiters.append((id, waiter))
                    return nil
                }
                if let ready { waiter.resume(returning: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index).waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    /// Says that work on the key has ended. Returns how long it took.
    @_specialize(where Key == ObjectName)
    @discardableResult
    package func done(_ key: Key) -> Duration {
        let (took, waiter) = state.withLock { state -> (Duration, Waiter?) in
            let now = clock.now
            state.progress = now
            let took = now - (state.processing.removeValue(forKey: key) ?? now)
            metrics.finished(after: took)
            return (took, state.dirty[key] == nil ? nil : state.offer(key, now))
        }
        waiter?.resume(returning: key)
        return took
    }

    /// The keys that have been in work for so long.
    func stuck(for limit: Duration) -> [Key] {
        let now = clock.now
        return state.withLock { $0.processing.filter { now - $0.value >= limit }.map(\.key) }
    }

    /// Returns how long it was in truth.
    func sleep(for delay: Duration) async -> Duration {
        let began = clock.now
        await clock.sleep(until: began + delay)
        return clock.now - began
    }

    /// Keys waiting for a worker, without those in work or delayed.
    package var length: Int { state.withLock { $0.order.count } }

    /// Keys that come when their delay has ended.
    package var delayed: Int { state.withLock { $0.delays.count } }

    /// How the controller of this name is that works this queue off.
    package func health(_ name: String, _ running: ControllerHealth.State) -> ControllerHealth {
        let now = clock.now
        return state.withLock { state in
            var health = ControllerHealth(
                name: name, state: running, queued: state.order.count, inWork: state.processing.count,
                sinceProgress: now - state.progress)
            if let longest = state.processing.min(by: { $0.value < $1.value }) {
                health.longestWork = now - longest.value
                health.unfinishedWork = state.processing.values.reduce(.zero) { $0 + (now - $1) }
                health.longestKey = "\(longest.key)"
            }
            return health
        }
    }

    /// No key is taken any more; those in the queue are still handed out.
    package func shutDown() {
        let waiters = state.withLock { state -> Deque<(id: UInt64, waiter: Waiter)> in
            state.isShutDown = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.waiter.resume(returning: nil) }
        delayChanged.raise()
    }

    /// Moves delayed keys into the queue when their time has come, until cancelled or shut down.
    ///
    /// A sleep that was begun is slept out: one that is cancelled stays in the system's timers until its time, and a key
    /// that fails a thousand times a second would leave as many of them behind.
    package func runDelays() async {
        await withDiscardingTaskGroup { group in
            var sleeps: [Duration] = []
            while !Task.isCancelled {
                let now = clock.now
                let (due, next, isShutDown) = state.withLock { state -> ([(Key, Waiter?)], Duration?, Bool) in
                    var due: [(Key, Waiter?)] = []
                    while let key = state.delays.popDue(now) { due.append((key, state.add(key, clock))) }
                    return (due, state.delays.earliest, state.isShutDown)
                }
                for (key, waiter) in due { waiter?.resume(returning: key) }
                if isShutDown { break }
                sleeps.removeAll { $0 <= now }
                if let next, sleeps.allSatisfy({ $0 > next }) {
                    sleeps.append(next)
                    group.addTask {
                        await self.clock.sleep(until: next)
                        self.delayChanged.raise()
                    }
                }
                await delayChanged.wait()
            }
            group.cancelAll()
        }
    }
}
