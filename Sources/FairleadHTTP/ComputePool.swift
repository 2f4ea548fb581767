import NIOCore
import NIOPosix
import Synchronization

/// The threads that run requests whose computation would hold up the other connections of an event loop.
///
/// Addresses with pending work take turns, one job each, and so do the agents of an address: a client with a thousand
/// heavy requests delays another client's request by the job that is running, not by a thousand. An agent can call
/// itself anything, so what a client gains by many names is at the expense of those who share its address. One thread
/// more than an address may use lets another address in without waiting for a job to end. The threads have a low
/// priority, so that event loops, controllers and leases come first when the cores are busy.
final class ComputePool: Sendable {
    /// A piece of work, and the executor that its task wants: on any other it would only be queued again.
    private typealias Job = (job: UnownedJob, flow: ComputeFlow)

    /// The work of one agent.
    private struct Agent {
        var jobs = CircularBuffer<Job>()
        /// Requests that have been admitted and have not finished.
        var requests = 0
    }

    /// The work from one address.
    private struct Address {
        var agents: [String: Agent] = [:]
        /// The agents that have jobs, in the order in which they are served.
        var turns = CircularBuffer<String>()
        var requests = 0
        /// Jobs that are running.
        var running = 0

        mutating func leave(_ name: String) {
            requests -= 1
            agents[name]?.requests -= 1
            forget(name)
        }

        mutating func append(_ job: Job) {
            let name = job.flow.key.userAgent
            if agents[name, default: Agent()].jobs.isEmpty { turns.append(name) }
            agents[name, default: Agent()].jobs.append(job)
        }

        mutating func next() -> Job? {
            guard let name = turns.popFirst(), let job = agents[name]?.jobs.popFirst() else { return nil }
            if agents[name]?.jobs.isEmpty == false { turns.append(name) } else { forget(name) }
            return job
        }

        private mutating func forget(_ name: String) {
            if let agent = agents[name], agent.requests == 0, agent.jobs.isEmpty { agents[name] = nil }
        }
    }

    private struct State {
        var addresses: [String: Address] = [:]
        /// The addresses that have jobs, in the order in which they are served.
        var turns = CircularBuffer<String>()
        var requests = 0

        /// - Parameter limit: how many jobs of one address may run at a time.
        mutating func next(limit: Int) -> Job? {
            guard let place = turns.firstIndex(where: { addresses[$0]?.running ?? 0 < limit }) else { return nil }
            let name = turns.remove(at: place)
            guard let next = addresses[name]?.next() else { return nil }
            addresses[name]?.running += 1
            if addresses[name]?.turns.isEmpty == false { turns.append(name) }
            return next
        }

        mutating func finished(_ name: String) {
            addresses[name]?.running -= 1
            forget(name)
        }

        mutating func forget(_ name: String) {
            if let address = addresses[name], address.running == 0, address.agents.isEmpty { addresses[name] = nil }
        }
    }

    private let threads: NIOThreadPool
    private let threadsPerAddress: Int
    private let state = Mutex(State())
    private let maximumRequests: Int
    private let maximumPerClient: Int
    /// One address leaves room for another, however many agents it has.
    private let maximumPerAddress: Int

    /// - Parameters:
    ///   - threads: how many one address may use. There is one more, for the others.
    ///   - maximumRequests: how many heavy requests, of all clients, may be computing or waiting at a time.
    ///   - maximumPerClient: the same limit for one client. That much is always left to other addresses.
    init(threads: Int, maximumRequests: Int, maximumPerClient: Int) {
        self.threads = NIOThreadPool(numberOfThreads: threads + 1)
        threadsPerAddress = threads
        self.maximumRequests = maximumRequests
        self.maximumPerClient = maximumPerClient
        maximumPerAddress = max(maximumPerClient, maximumRequests - maximumPerClient)
        self.threads.start()
    }

    /// Admits one more heavy request of the client; it must `leave` when it is finished.
    /// - Returns: nil if there are too many.
    func enter(_ key: ComputeFlow.Key) -> ComputeFlow? {
        let isAdmitted = state.withLock { state in
            let address = state.addresses[key.address]
            guard state.requests < maximumRequests, address?.requests ?? 0 < maximumPerAddress,
                address?.agents[key.userAgent]?.requests ?? 0 < maximumPerClient
            else { return false }
            state.requests += 1
            state.addresses[key.address, default: Address()].requests += 1
            state.addresses[key.address, default: Address()].agents[key.userAgent, default: Agent()].requests += 1
            return true
        }
        return isAdmitted ? ComputeFlow(key: key, pool: self) : nil
    }

    func leave(_ key: ComputeFlow.Key) {
        state.withLock { state in
            state.requests -= 1
            state.addresses[key.address]?.leave(key.userAgent)
            state.forget(key.address)
        }
    }

    fileprivate func enqueue(_ job: UnownedJob, of flow: ComputeFlow) {
        state.withLock { state in
            let address = flow.key.address
            if state.addresses[address, default: Address()].turns.isEmpty { state.turns.append(address) }
            state.addresses[address, default: Address()].append((job, flow))
        }
        // Which job a thread takes is decided when it is free. A pool that has been shut down still calls back, so no
        // job is lost.
        threads.submit { _ in self.takeTurns() }
    }

    /// Runs jobs as long as there are some that may run. One that may not yet is taken by the
    /// thread that ends another of its address.
    private func takeTurns() {
        SystemCalls.lowerPriorityOfThisThread()
        while let (job, flow) = state.withLock({ $0.next(limit: threadsPerAddress) }) {
            job.runSynchronously(on: flow.asUnownedTaskExecutor())
            state.withLock { $0.finished(flow.key.address) }
        }
    }

    /// Runs work on each thread that has nothing else to do: each is kept for a moment, so that another takes the next.
    func onEachThread(_ work: @escaping @Sendable () -> Void) {
        for _ in 0...threadsPerAddress {
            threads.submit { _ in
                work()
                SystemCalls.pause(microseconds: 2000)
            }
        }
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
