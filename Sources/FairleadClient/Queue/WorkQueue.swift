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
    private let state: Mutex<State>
    private let delayChanged = Signal()

    package init(clock: any DelayClock = SystemDelayClock(), backoff: Backoff = .controllers) {
        self.clock = clock
        self.backoff = backoff
        state = Mutex(State(progress: clock.now))
    }

    private typealias Waiter = CheckedContinuation<Key?, Never>

    private struct State {
        var order: Deque<Key> = []
        var dirty: Set<Key> = []
        /// Keys in work, with when they were taken.
        var processing: [Key: Duration] = [:]
        /// When a worker last finished with a key.
        var progress: Duration
        var failures: [Key: Int] = [:]
        var delays = DelayHeap<Key>()
        var waiters: Deque<(id: UInt64, waiter: Waiter)> = []
        var nextWaiter: UInt64 = 0
        var isShutDown = false
        var adds: UInt64 = 0
        var retries: UInt64 = 0

        /// Marks the key; returns a worker that shall be resumed with it.
        mutating func add(_ key: Key, _ clock: any DelayClock) -> Waiter? {
            if isShutDown || !dirty.insert(key).inserted { return nil }
            adds += 1
            return processing[key] == nil ? offer(key, clock) : nil
        }

        mutating func offer(_ key: Key, _ clock: any DelayClock) -> Waiter? {
            guard let waiter = waiters.popFirst()?.waiter else {
                order.append(key)
                return nil
            }
            take(key, clock)
            return waiter
        }

        mutating func take(_ key: Key, _ clock: any DelayClock) {
            dirty.remove(key)
            processing[key] = clock.now
        }
    }

    /// Marks the key as in need of work.
    @_specialize(where Key == ObjectName)
    package func add(_ key: Key) {
        state.withLock { $0.add(key, clock) }?.resume(returning: key)
    }

    /// Nobody waits longer: whoever comes back too early looks again.
    private static var longestDelay: Double { 86_400 }

    /// Adds the key after so many seconds, a day at most; of several delays of one key the one that ends first counts.
    package func addAfter(_ key: Key, _ seconds: Double) {
        // What is not a number came of numbers that nobody expected: not at once, or it would come again at once.
        let seconds = seconds.isNaN ? 1 : min(seconds, Self.longestDelay)
        guard seconds > 0 else { return add(key) }
        let deadline = clock.now + .seconds(saturating: seconds)
        let isFirst = state.withLock { state in
            state.isShutDown ? false : state.delays.insert(key, deadline: deadline)
        }
        if isFirst { delayChanged.raise() }
    }

    /// Adds the key after a delay that doubles with every call since the last `forget`. Returns the delay in seconds.
    @discardableResult
    package func addRateLimited(_ key: Key, atMost limit: Double = .infinity) -> Double {
        let failures = state.withLock { state -> Int in
            state.retries += 1
            let failures = state.failures[key, default: 0]
            state.failures[key] = failures + 1
            return failures
        }
        let delay = min(backoff.delay(afterFailures: failures), limit)
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
                    if let key = state.order.popFirst() {
                        state.take(key, clock)
                        return key
                    }
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
            return (took, state.dirty.contains(key) ? state.offer(key, clock) : nil)
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

    /// The numbers behind Kubernetes' `workqueue_*` metrics.
    package var statistics: WorkQueueStatistics {
        state.withLock {
            WorkQueueStatistics(
                depth: $0.order.count, adds: $0.adds, retries: $0.retries, inWork: $0.processing.count,
                delayed: $0.delays.count)
        }
    }

    /// How the controller of this name is that works this queue off.
    package func health(_ name: String, _ running: ControllerHealth.State) -> ControllerHealth {
        let now = clock.now
        return state.withLock { state in
            var health = ControllerHealth(
                name: name, state: running, queued: state.order.count, inWork: state.processing.count,
                secondsSinceProgress: (now - state.progress).inSeconds)
            if let longest = state.processing.min(by: { $0.value < $1.value }) {
                health.longestWork = (now - longest.value).inSeconds
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

/// What a queue reports about itself.
package struct WorkQueueStatistics: Sendable {
    package var depth: Int
    package var adds: UInt64
    package var retries: UInt64
    package var inWork: Int
    package var delayed: Int
}
