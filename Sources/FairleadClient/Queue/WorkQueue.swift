import DequeModule
package import FairleadModel
import Synchronization

/// The queue between a controller's informers and its workers, modelled on client-go's workqueue.
///
/// Guarantees:
/// - a key that is added many times before it is taken is handed out once;
/// - a key is processed by one worker at a time: if it is added meanwhile, it is handed out again after `done`;
/// - keys are handed out in the order in which they were (first) added;
/// - `add` hands the key directly to a waiting worker: there is no polling.
///
/// A worker must call `done` for every key it received. Delayed keys need a task that runs `runDelays`
/// (`ControllerRunner` has one). Only `addRateLimited` limits rates.
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
        /// Keys that need work, each with the time since when.
        var dirty: [Key: Duration] = [:]
        /// Keys in work, each with the time when it was taken.
        var processing: [Key: Duration] = [:]
        /// When a worker last finished a key.
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

        /// Marks the key as needing work; returns the worker to resume with it, if any.
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

    /// Marks the key as needing work.
    @_specialize(where Key == ObjectName)
    package func add(_ key: Key) {
        state.withLock { $0.add(key, clock) }?.resume(returning: key)
    }

    /// No delay is longer: a key that comes back too early is simply looked at again.
    private static var longestDelay: Duration { .seconds(86_400) }

    /// Adds the key after a delay of at most a day; if a key has several delays, the one that ends first counts.
    package func addAfter(_ key: Key, _ delay: Duration) {
        guard delay > .zero else { return add(key) }
        let deadline = clock.now + min(delay, Self.longestDelay)
        let isFirst = state.withLock { state in
            state.isShutDown ? false : state.delays.insert(key, deadline: deadline)
        }
        if isFirst { delayChanged.raise() }
    }

    /// Adds the key after a delay, which doubles with every call since the last `forget`; returns the delay.
    /// - Parameter limit: the maximum delay, if not that of the backoff.
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

    /// Resets the backoff of the key. Returns how often it had failed.
    @_specialize(where Key == ObjectName)
    @discardableResult
    package func forget(_ key: Key) -> Int {
        state.withLock { $0.failures.removeValue(forKey: key) ?? 0 }
    }

    /// How often `addRateLimited` was called since the last `forget`.
    package func failures(of key: Key) -> Int { state.withLock { $0.failures[key, default: 0] } }

    /// Waits for a key. nil if the queue has been shut down and is empty, or if the task is cancelled.
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

    /// Reports that work on the key has ended. Returns how long it took.
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

    /// The keys that have been in work for at least this long.
    func stuck(for limit: Duration) -> [Key] {
        let now = clock.now
        return state.withLock { $0.processing.filter { now - $0.value >= limit }.map(\.key) }
    }

    /// Returns how long the sleep really took.
    func sleep(for delay: Duration) async -> Duration {
        let began = clock.now
        await clock.sleep(until: began + delay)
        return clock.now - began
    }

    /// Keys waiting for a worker, not counting those in work or delayed.
    package var length: Int { state.withLock { $0.order.count } }

    /// Keys waiting for their delay to end.
    package var delayed: Int { state.withLock { $0.delays.count } }

    /// The health of the controller that processes this queue.
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

    /// No more keys are accepted; those in the queue are still handed out.
    package func shutDown() {
        let waiters = state.withLock { state -> Deque<(id: UInt64, waiter: Waiter)> in
            state.isShutDown = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.waiter.resume(returning: nil) }
        delayChanged.raise()
    }

    /// Moves delayed keys into the queue when they are due, until cancelled or shut down.
    ///
    /// A sleep that has begun is never cancelled: a cancelled one stays in the system's timers until its deadline, and
    /// a key that fails a thousand times a second would leave as many of them behind.
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
