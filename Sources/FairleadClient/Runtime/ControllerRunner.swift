import FairleadModel
import Synchronization

/// What a reconcile asks for when it succeeded.
package enum ReconcileResult: Sendable, Hashable {
    case done
    /// Come back to this key, without counting a failure.
    case again(after: Duration)

    /// Come back when that has passed, if there is something to wait for.
    package init(again delay: Duration?) { self = delay.map { .again(after: $0) } ?? .done }
}

/// The workers of a controller: take a key, reconcile it, come back later when that failed.
///
/// Retries wait as the queue's back-off says (5 ms, doubling up to 1000 s, unless it was made with another). A reconcile
/// that throws because its task was cancelled is not retried; one that failed by the server's own trouble waits no longer
/// than 30 s. One that does not come back keeps its own key only: after
/// a minute another worker takes the place of its worker, up to twice as many as there are to be.
package final class ControllerRunner<Key: Hashable & Sendable>: Sendable {
    package let name: String
    private let workers: Int
    private let queue: WorkQueue<Key>
    private let reconcile: Reconcile<Key>
    private let log: FailureLog
    private let state = Mutex(State())

    private struct State {
        var health = ControllerHealth.State.waiting
        /// Keys that are stuck, and whose workers' places have been taken.
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

    /// Until the task is cancelled or the queue is shut down and empty.
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

    /// How the controller is just now.
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
                    // At once means soon: a key that is never content leaves the others their turn.
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

    /// What is the server's own trouble (a full disk) is no fault of the key: once it is over, all is to be right soon.
    private static func longestDelay(after error: any Error) -> Duration? {
        guard let status = error as? APIStatus, status.code >= 500 else { return nil }
        return .seconds(30)
    }

    private func succeeded(_ key: Key) {
        let failures = queue.forget(key)
        if failures > 0 { log.recovered(controller: name, key: "\(key)", retries: failures) }
    }

    // MARK: - keys that are stuck

    /// Returns when workers are stuck and nobody works in their place yet: with how many.
    private func watchOver() async -> Ending {
        while !Task.isCancelled {
            let period = ControllerHealth.stuckAfter / 4
            // A process that was stopped finds all work to be old: the next look tells.
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

    /// Why a child of the group has ended.
    private enum Ending: Sendable {
        case worker
        case delays
        case stuck(Int)
    }
}
