import Synchronization

/// What a reconcile asks for when it succeeded.
package enum ReconcileResult: Sendable, Hashable {
    case done
    /// Come back to this key, without counting a failure.
    case again(after: Double)
}

/// The workers of a controller: take a key, reconcile it, come back later when that failed.
///
/// Retries wait 5 ms, doubling up to 1000 s. A reconcile that throws because its task was cancelled is not retried.
package final class ControllerRunner<Key: Hashable & Sendable>: Sendable {
    package let name: String
    private let workers: Int
    private let queue: WorkQueue<Key>
    private let reconcile: @Sendable (Key) async throws -> ReconcileResult
    private let log: FailureLog
    private let state = Mutex(ControllerHealth.State.waiting)

    package init(
        name: String, workers: Int, queue: WorkQueue<Key>,
        log: FailureLog = FailureLog(),
        reconcile: @escaping @Sendable (Key) async throws -> ReconcileResult
    ) {
        self.name = name
        self.workers = workers
        self.queue = queue
        self.log = log
        self.reconcile = reconcile
    }

    /// Until the task is cancelled or the queue is shut down and empty.
    package func run() async {
        state.withLock { $0 = .running }
        defer { state.withLock { $0 = .ended } }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.queue.runDelays() }
            await withTaskGroup(of: Void.self) { workers in
                for _ in 0..<max(self.workers, 1) { workers.addTask { await self.work() } }
            }
            group.cancelAll()
        }
    }

    /// How the controller is just now.
    package var health: ControllerHealth { queue.health(name, state.withLock { $0 }) }

    private func work() async {
        while let key = await queue.get() {
            do {
                switch try await reconcile(key) {
                case .done: succeeded(key)
                case .again(let seconds):
                    succeeded(key)
                    queue.addAfter(key, seconds)
                }
            } catch {
                if !Task.isCancelled {
                    let delay = queue.addRateLimited(key)
                    log.failed(
                        ReconcileFailure(
                            controller: name, key: "\(key)", error: error, retries: queue.failures(of: key),
                            retryAfter: delay))
                }
            }
            queue.done(key)
        }
    }

    private func succeeded(_ key: Key) {
        let failures = queue.forget(key)
        if failures > 0 { log.recovered(controller: name, key: "\(key)", retries: failures) }
    }
}
