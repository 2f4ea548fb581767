import Dispatch
import Synchronization

/// The tasks of one engine. They run on threads of their own: whoever waits for the engine may hold one of the few
/// threads that Swift's tasks share.
final class EtcdTasks: Sendable {
    private final class Threads: TaskExecutor {
        private let queue = DispatchQueue(label: "fairlead.etcd", qos: .userInitiated)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isStopped = false
    }

    private let threads = Threads()
    private let state = Mutex(State())

    /// Starts work, unless everything has been stopped already.
    /// - Returns: whether it has been started.
    @discardableResult
    func start(_ work: @escaping @Sendable () async -> Void) -> Bool {
        state.withLock { state in
            if state.isStopped { return false }
            let id = state.next
            state.next += 1
            state.tasks[id] = Task(executorPreference: threads) { [weak self] in
                await work()
                self?.forget(id)
            }
            return true
        }
    }

    /// Waits for the outcome of work, on the calling thread. nil if everything has been stopped.
    func wait<Outcome: Sendable>(for work: @escaping @Sendable () async -> Outcome) -> Outcome? {
        let outcome = Outcomes<Outcome>()
        let semaphore = DispatchSemaphore(value: 0)
        let isStarted = start {
            let found = await work()
            outcome.value.withLock { $0 = found }
            semaphore.signal()
        }
        guard isStarted else { return nil }
        semaphore.wait()
        return outcome.value.withLock { $0 }
    }

    private final class Outcomes<Outcome: Sendable>: Sendable {
        let value = Mutex<Outcome?>(nil)
    }

    private func forget(_ id: Int) { state.withLock { _ = $0.tasks.removeValue(forKey: id) } }

    /// Cancels all, without waiting, and starts no more.
    func stop() {
        let tasks = state.withLock { state in
            state.isStopped = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    deinit { for task in state.withLock({ $0.tasks.values }) { task.cancel() } }
}
