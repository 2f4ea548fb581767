import Synchronization

/// Tasks that somebody owns: each can be cancelled, and all of them are when their owner stops.
package final class TaskKeeper: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isStopped = false
    }

    private let state = Mutex(State())

    private let priority: TaskPriority?

    /// - Parameter priority: nil for that of whoever starts a task.
    package init(priority: TaskPriority? = nil) { self.priority = priority }

    package var count: Int { state.withLock { $0.tasks.count } }

    /// Starts work; nil if everything has been stopped already.
    @discardableResult
    package func start(_ work: @escaping @Sendable () async -> Void) -> Int? {
        state.withLock { state in
            if state.isStopped { return nil }
            let id = state.next
            state.next += 1
            state.tasks[id] = Task(priority: priority) { [weak self] in
                await work()
                self?.forget(id)
            }
            return id
        }
    }

    private func forget(_ id: Int) { state.withLock { _ = $0.tasks.removeValue(forKey: id) } }

    package func cancel(_ id: Int) { state.withLock { $0.tasks[id] }?.cancel() }

    /// Cancels all, waits until they have ended, and starts no more.
    package func stop() async {
        let tasks = state.withLock { state in
            state.isStopped = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Cancels all without waiting, and starts no more.
    package func abandon() {
        let tasks = state.withLock { state in
            state.isStopped = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    deinit { for task in state.withLock({ $0.tasks.values }) { task.cancel() } }
}
