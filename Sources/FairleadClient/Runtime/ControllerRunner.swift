import FairleadModel
import Synchronization

/// What a successful reconcile asks for.
package enum ReconcileResult: Sendable, Hashable {
    case done
    /// Add the key again later, without counting a failure.
    case again(after: Duration)

    /// Add the key again after the delay; nil if there is nothing to wait for.
    package init(again delay: Duration?) { self = delay.map { .again(after: $0) } ?? .done }
}

/// The workers of a controller: each takes a key, reconciles it, and retries it later if that failed.
///
/// Retries follow the queue's backoff (5 ms, doubling up to 1000 s, unless it was created with another one). A
/// reconcile that throws because its task was cancelled is not retried; one that failed because of the server's own
/// trouble waits at most 30 s. A reconcile that hangs blocks only its own key: after a minute another worker replaces
/// its worker, up to as many extra workers as there are regular ones.
package final class ControllerRunner<Key: Hashable & Sendable>: Sendable {
    package let name: String
    private let workers: Int
    private let queue: WorkQueue<Key>
    private let reconcile: Reconcile<Key>
    private let log: FailureLog
    private let state = Mutex(State())

    private struct State {
        var health = ControllerHealth.State.waiting
        /// Keys that are stuck and whose workers have been replaced.
        var replaced: Set<Key> = []
    }

    package init(
        name: String, workers: Int, queue: WorkQueue<Key>,
        log: FailureLog = FailureLog(),
        reconcile: @escaping Reconcile<Key>
    ) {
        self.name = name
        self.workers = max(workers, 1)
        self.queue = queue
        self.log = log
        self.reconcile = reconcile
    }

    /// Runs until the task is cancelled, or the queue is shut down and empty.
    package func run() async {
        state.withLock { $0.health = .running }
        defer { state.withLock { $0.health = .ended } }
        await withTaskGroup(of: Ending.self) { group in
            group.addTask { await self.delays() }
            group.addTask { await self.watchOver() }
            for _ in 0..<workers { group.addTask { await self.work() } }
            var atWork = workers
            while atWork > 0, let ending = await group.next() {
                switch ending {
                case .delays: break
                case .worker: atWork -= 1
                case .stuck(let count):
                    for _ in 0..<count { group.addTask { await self.work() } }
                    atWork += count
                    group.addTask { await self.watchOver() }
                }
            }
            group.cancelAll()
        }
    }

    /// The current state of the controller.
    package var health: ControllerHealth { queue.health(name, state.withLock { $0.health }) }

    private func delays() async -> Ending {
        await queue.runDelays()
        return .delays
    }

    private func work() async -> Ending {
        while let key = await queue.get() {
            do {
                switch try await reconcile(key) {
                case .done: succeeded(key)
                case .again(let delay):
                    succeeded(key)
                    // Not at once: a key that always asks for more must leave the others their turn.
                    queue.addAfter(key, max(delay, .milliseconds(1)))
                }
            } catch {
                if !Task.isCancelled {
                    let delay = queue.addRateLimited(key, atMost: Self.longestDelay(after: error))
                    log.failed(
                        ReconcileFailure(
                            controller: name, key: "\(key)", error: error, retries: queue.failures(of: key),
                            retryAfter: delay))
                }
            }
            if queue.done(key) >= ControllerHealth.stuckAfter, state.withLock({ $0.replaced.remove(key) != nil }) {
                break
            }
        }
        return .worker
    }

    /// The server's own trouble (a full disk) is not the key's fault: once it is over, everything should recover soon.
    private static func longestDelay(after error: any Error) -> Duration? {
        guard let status = error as? APIStatus, status.code >= 500 else { return nil }
        return .seconds(30)
    }

    private func succeeded(_ key: Key) {
        let failures = queue.forget(key)
        if failures > 0 { log.recovered(controller: name, key: "\(key)", retries: failures) }
    }

    // MARK: - keys that are stuck

    /// Returns the number of stuck workers that nobody replaces yet, once there are any.
    private func watchOver() async -> Ending {
        while !Task.isCancelled {
            let period = ControllerHealth.stuckAfter / 4
            // After the process was suspended, all work looks old: the next look will tell.
            if await queue.sleep(for: period) > period * 2 { continue }
            let stuck = queue.stuck(for: ControllerHealth.stuckAfter)
            let new = state.withLock { state in
                let new = stuck.filter { !state.replaced.contains($0) }.prefix(max(0, workers - state.replaced.count))
                state.replaced.formUnion(new)
                return Array(new)
            }
            for key in new { log.stuck(controller: name, key: "\(key)", for: ControllerHealth.stuckAfter) }
            if !new.isEmpty { return .stuck(new.count) }
        }
        return .delays
    }

    /// Why a child task of the group has ended.
    private enum Ending: Sendable {
        case worker
        case delays
        case stuck(Int)
    }
}
