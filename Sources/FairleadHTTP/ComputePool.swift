import NIOCore
import NIOPosix
import Synchronization

/// The threads on which requests compute that would hold up the other connections of an event loop.
///
/// The flows that have something to do take turns, one piece of work each: a client with a thousand heavy requests
/// delays another client's request by the piece that runs, not by a thousand. The threads have a low priority, so that
/// event loops, controllers and leases come first when the cores are busy.
final class ComputePool: Sendable {
    private struct Entry {
        var jobs = CircularBuffer<UnownedJob>()
        /// Requests that have been let in and are not over.
        var requests = 0
    }

    private struct State {
        var entries: [ComputeFlow.Key: Entry] = [:]
        /// The flows that have jobs, in the order of their turns.
        var turns = CircularBuffer<ComputeFlow>()
        var requests = 0
    }

    private let threads: NIOThreadPool
    private let state = Mutex(State())
    private let maximumRequests: Int
    private let maximumPerClient: Int

    /// - Parameters:
    ///   - maximumRequests: heavy requests that may be computing or waiting at a time, of all clients.
    ///   - maximumPerClient: the same of one client.
    init(threads: Int, maximumRequests: Int, maximumPerClient: Int) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.maximumRequests = maximumRequests
        self.maximumPerClient = maximumPerClient
        self.threads.start()
    }

    /// Lets one more heavy request of the client in; it must `leave` when it is over.
    /// - Returns: nil when there are too many.
    func enter(_ key: ComputeFlow.Key) -> ComputeFlow? {
        let isAdmitted = state.withLock { state in
            let count = state.entries[key]?.requests ?? 0
            guard state.requests < maximumRequests, count < maximumPerClient else { return false }
            state.requests += 1
            state.entries[key, default: Entry()].requests += 1
            return true
        }
        return isAdmitted ? ComputeFlow(key: key, pool: self) : nil
    }

    func leave(_ key: ComputeFlow.Key) {
        state.withLock { state in
            state.requests -= 1
            state.entries[key]?.requests -= 1
            if let entry = state.entries[key], entry.requests == 0, entry.jobs.isEmpty { state.entries[key] = nil }
        }
    }

    fileprivate func enqueue(_ job: UnownedJob, of flow: ComputeFlow) {
        state.withLock { state in
            if state.entries[flow.key, default: Entry()].jobs.isEmpty { state.turns.append(flow) }
            state.entries[flow.key, default: Entry()].jobs.append(job)
        }
        // One turn for each job; which job it takes is decided when a thread is free. A pool that has been shut down
        // calls back as well, so no job is lost.
        threads.submit { _ in self.takeTurn() }
    }

    private func takeTurn() {
        let next: (ComputeFlow, UnownedJob)? = state.withLock { state in
            guard let flow = state.turns.popFirst(), let job = state.entries[flow.key]?.jobs.popFirst() else {
                return nil
            }
            if state.entries[flow.key]?.jobs.isEmpty == false {
                state.turns.append(flow)
            } else if state.entries[flow.key]?.requests == 0 {
                state.entries[flow.key] = nil
            }
            return (flow, job)
        }
        guard let (flow, job) = next else { return }
        SystemCalls.lowerPriorityOfThisThread()
        job.runSynchronously(on: flow.asUnownedTaskExecutor())
    }

    /// Returns at once: what still computes is for clients that are gone.
    func shutdown() { threads.shutdownGracefully { _ in } }
}

/// One client's share of the pool, as the executor of the tasks of its heavy requests.
final class ComputeFlow: TaskExecutor {
    /// Who a request comes from, as far as can be told without authentication.
    struct Key: Hashable, Sendable {
        var address: String
        var userAgent: String
    }

    let key: Key
    private let pool: ComputePool

    init(key: Key, pool: ComputePool) {
        self.key = key
        self.pool = pool
    }

    func enqueue(_ job: consuming ExecutorJob) { pool.enqueue(UnownedJob(job), of: self) }
}
