import NIOCore
import NIOPosix
import Synchronization

/// The threads that run requests whose computation would hold up the other connections of an event loop.
///
/// Flows with pending work take turns, one job each: a client with a thousand heavy requests delays another client's
/// request by the job that is running, not by a thousand. The threads have a low priority, so that event loops,
/// controllers and leases come first when the cores are busy.
final class ComputePool: Sendable {
    private struct Entry {
        var jobs = CircularBuffer<UnownedJob>()
        /// Requests that have been admitted and have not finished.
        var requests = 0
    }

    private struct State {
        var entries: [ComputeFlow.Key: Entry] = [:]
        /// The flows that have jobs, in the order in which they are served.
        var turns = CircularBuffer<ComputeFlow>()
        var requests = 0
    }

    private let threads: NIOThreadPool
    private let state = Mutex(State())
    private let maximumRequests: Int
    private let maximumPerClient: Int

    /// - Parameters:
    ///   - maximumRequests: how many heavy requests, of all clients, may be computing or waiting at a time.
    ///   - maximumPerClient: the same limit for one client.
    init(threads: Int, maximumRequests: Int, maximumPerClient: Int) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.maximumRequests = maximumRequests
        self.maximumPerClient = maximumPerClient
        self.threads.start()
    }

    /// Admits one more heavy request of the client; it must `leave` when it is finished.
    /// - Returns: nil if there are too many.
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
        // One turn per job; which job a turn takes is decided when a thread becomes free. A pool that has been shut
        // down still calls back, so no job is lost.
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

    /// Returns at once: computations still running are for clients that are gone.
    func shutdown() { threads.shutdownGracefully { _ in } }
}

/// One client's share of the pool, as the executor of the tasks of its heavy requests.
final class ComputeFlow: TaskExecutor {
    /// Who sent a request, as far as can be told without authentication.
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
