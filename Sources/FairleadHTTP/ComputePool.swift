import NIOCore
import NIOPosix
import Synchronization

/// The threads that run requests whose computation would hold up the other connections of an event loop.
///
/// Places with pending work take turns, one job each, and so do the agents of a place. A place is the flow of a user (a
/// FlowSchema and its distinguisher) or, for those whom nothing limits, the address that they come from: a client with
/// a thousand heavy requests delays another client's request by the job that is running, not by a thousand. An agent
/// can call itself anything, so what a client gains by many names is at the expense of those who share its place. One
/// thread more than a place may use lets another in without waiting for a job to end. The threads have a low priority,
/// so that event loops, controllers and leases come first when the cores are busy.
final class ComputePool: Sendable {
    /// A piece of work, and the executor that its task wants: on any other it would only be queued again.
    private typealias Job = (job: UnownedJob, flow: ComputeFlow)

    /// The work of one agent.
    private struct Agent {
        var jobs = CircularBuffer<Job>()
        /// Requests that have been admitted and have not finished.
        var requests = 0
    }

    /// The work from one place.
    private struct Place {
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
        var places: [String: Place] = [:]
        /// The places that have jobs, in the order in which they are served.
        var turns = CircularBuffer<String>()
        var requests = 0

        /// - Parameter limit: how many jobs of one place may run at a time.
        mutating func next(limit: Int) -> Job? {
            guard let place = turns.firstIndex(where: { places[$0]?.running ?? 0 < limit }) else { return nil }
            let name = turns.remove(at: place)
            guard let next = places[name]?.next() else { return nil }
            places[name]?.running += 1
            if places[name]?.turns.isEmpty == false { turns.append(name) }
            return next
        }

        mutating func finished(_ name: String) {
            places[name]?.running -= 1
            forget(name)
        }

        mutating func forget(_ name: String) {
            if let place = places[name], place.running == 0, place.agents.isEmpty { places[name] = nil }
        }
    }

    private let threads: NIOThreadPool
    private let threadsPerPlace: Int
    private let state = Mutex(State())
    private let maximumRequests: Int
    private let maximumPerClient: Int
    /// One place leaves room for another, however many agents it has.
    private let maximumPerPlace: Int

    /// - Parameters:
    ///   - threads: how many one place may use. There is one more, for the others.
    ///   - maximumRequests: how many heavy requests, of all clients, may be computing or waiting at a time.
    ///   - maximumPerClient: the same limit for one client. That much is always left to other places.
    init(threads: Int, maximumRequests: Int, maximumPerClient: Int) {
        self.threads = NIOThreadPool(numberOfThreads: threads + 1)
        threadsPerPlace = threads
        self.maximumRequests = maximumRequests
        self.maximumPerClient = maximumPerClient
        maximumPerPlace = max(maximumPerClient, maximumRequests - maximumPerClient)
        self.threads.start()
    }

    /// Admits one more heavy request of the client; it must `leave` when it is finished.
    /// - Returns: nil if there are too many.
    func enter(_ key: ComputeFlow.Key) -> ComputeFlow? {
        let isAdmitted = state.withLock { state in
            let place = state.places[key.place]
            guard state.requests < maximumRequests, place?.requests ?? 0 < maximumPerPlace,
                place?.agents[key.userAgent]?.requests ?? 0 < maximumPerClient
            else { return false }
            state.requests += 1
            state.places[key.place, default: Place()].requests += 1
            state.places[key.place, default: Place()].agents[key.userAgent, default: Agent()].requests += 1
            return true
        }
        return isAdmitted ? ComputeFlow(key: key, pool: self) : nil
    }

    func leave(_ key: ComputeFlow.Key) {
        state.withLock { state in
            state.requests -= 1
            state.places[key.place]?.leave(key.userAgent)
            state.forget(key.place)
        }
    }

    fileprivate func enqueue(_ job: UnownedJob, of flow: ComputeFlow) {
        state.withLock { state in
            let place = flow.key.place
            if state.places[place, default: Place()].turns.isEmpty { state.turns.append(place) }
            state.places[place, default: Place()].append((job, flow))
        }
        // Which job a thread takes is decided when it is free. A pool that has been shut down still calls back, so no
        // job is lost.
        threads.submit { _ in self.takeTurns() }
    }

    /// Runs jobs as long as there are some that may run. One that may not yet is taken by the
    /// thread that ends another of its place.
    private func takeTurns() {
        SystemCalls.lowerPriorityOfThisThread()
        while let (job, flow) = state.withLock({ $0.next(limit: threadsPerPlace) }) {
            job.runSynchronously(on: flow.asUnownedTaskExecutor())
            state.withLock { $0.finished(flow.key.place) }
        }
    }

    /// Runs work on each thread that has nothing else to do: each is kept for a moment, so that another takes the next.
    func onEachThread(_ work: @escaping @Sendable () -> Void) {
        for _ in 0...threadsPerPlace {
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
    /// Who sent a request, as far as it is known.
    struct Key: Hashable, Sendable {
        /// A flow, or an address.
        var place: String
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
