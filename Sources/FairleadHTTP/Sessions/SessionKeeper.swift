import FairleadContainers
import Synchronization

/// The sessions of a server: their tasks, and how many there may be.
final class SessionKeeper: Sendable {
    private let tasks = TaskKeeper()
    private let count = Atomic<Int>(0)
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Starts the task of one more session; nil if there are too many, or the server stops.
    func start(_ work: @escaping @Sendable () async -> Void) -> Int? {
        guard count.add(1, ordering: .relaxed).newValue <= maximum else {
            count.subtract(1, ordering: .relaxed)
            return nil
        }
        let id = tasks.start {
            await work()
            self.count.subtract(1, ordering: .relaxed)
        }
        if id == nil { count.subtract(1, ordering: .relaxed) }
        return id
    }

    var isFull: Bool { count.load(ordering: .relaxed) >= maximum }

    func cancel(_ id: Int) { tasks.cancel(id) }

    /// Cancels all sessions, and starts no more.
    func stop() { tasks.abandon() }
}
