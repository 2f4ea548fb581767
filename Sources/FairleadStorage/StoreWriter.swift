import Dispatch
import Synchronization

/// The one thread that writes. Transactions that arrive while the engine is busy share its next commit.
final class StoreWriter: Sendable {
    typealias Completion = @Sendable (Result<CommitResult, StorageError>) -> Void

    private struct Pending {
        var transaction: Transaction
        var completion: Completion
    }

    private struct State {
        var pending: [Pending] = []
        var isDraining = false
        var isClosed = false
        /// How many transactions shared the last commit: how busy it is.
        var lastBatch = 0
    }

    private let engine: any StorageEngine
    private let options: StoreOptions
    private let queue = DispatchQueue(label: "fairlead.store.writer", qos: .userInitiated)
    private let state = Mutex(State())
    private let store = Mutex<WeakStore>(WeakStore())
    private let history: Mutex<HistoryClock>
    /// How long the trees of replaced versions stay.
    private let trees: Mutex<HistoryClock>

    init(engine: any StorageEngine, options: StoreOptions) {
        self.engine = engine
        self.options = options
        history = Mutex(HistoryClock(age: options.historyAge))
        trees = Mutex(HistoryClock(age: options.compactionInterval))
    }

    /// The store that outcomes are published to; not kept alive by this.
    func start(_ store: Store) {
        self.store.withLock { $0.store = store }
        scheduleCompaction()
    }

    /// - Parameter mayBlock: whether the calling thread may be used for the commit.
    func submit(_ transaction: Transaction, mayBlock: Bool, completion: @escaping Completion) {
        let (isClosed, mustDrain, isQuiet) = state.withLock { state in
            if state.isClosed { return (true, false, false) }
            state.pending.append(Pending(transaction: transaction, completion: completion))
            defer { state.isDraining = true }
            return (false, !state.isDraining, state.lastBatch <= Self.quietBatch)
        }
        if isClosed { return completion(.failure(.closed)) }
        guard mustDrain else { return }
        if isQuiet, mayBlock { begin() } else { queue.async { self.drain() } }
    }

    /// Up to this many transactions in a commit, latency counts; beyond, sharing commits does.
    private static let quietBatch = 3

    /// In quiet times the first to come carries out its batch on its own thread: a dispatch to another one costs more
    /// than the commit. What has come meanwhile is left to the queue, so that nobody works for others long.
    private func begin() {
        queue.sync { _ = self.carryOutBatch() }
        let isIdle = state.withLock { state in
            if state.pending.isEmpty { state.isDraining = false }
            return state.pending.isEmpty
        }
        if !isIdle { queue.async { self.drain() } }
    }

    /// Returns when everything submitted before has been answered and the engine is closed, to every caller.
    func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { continuation in
            queue.async {
                if isFirst {
                    while self.carryOutBatch() {}
                    self.engine.close()
                }
                continuation.resume()
            }
        }
    }

    /// One batch per turn of the queue, so that compaction and close come in between when writers never pause.
    private func drain() {
        if carryOutBatch() { queue.async { self.drain() } }
    }

    /// - Returns: false when there was nothing to do, and the next submission starts draining again.
    private func carryOutBatch() -> Bool {
        let batch = state.withLock { state in
            if state.pending.count <= options.maximumBatch {
                let batch = state.pending
                state.pending = []
                state.isDraining = !batch.isEmpty
                if !batch.isEmpty { state.lastBatch = batch.count }
                return batch
            }
            let batch = Array(state.pending.prefix(options.maximumBatch))
            state.pending.removeFirst(batch.count)
            return batch
        }
        if batch.isEmpty { return false }
        let results = carryOut(batch.map(\.transaction))
        for (pending, result) in zip(batch, results) { pending.completion(result) }
        return true
    }

    private func carryOut(_ transactions: [Transaction]) -> [Result<CommitResult, StorageError>] {
        guard let store = store.withLock({ $0.store }) else { return transactions.map { _ in .failure(.closed) } }
        do {
            return store.publish(transactions, try engine.commit(transactions))
        } catch {
            return transactions.map { _ in .failure(error) }
        }
    }

    // MARK: - compaction

    private func scheduleCompaction() {
        queue.asyncAfter(deadline: .now() + options.compactionInterval.dispatchInterval) { [weak self] in
            guard let self, !self.state.withLock({ $0.isClosed }) else { return }
            self.compact()
            self.scheduleCompaction()
        }
    }

    private func compact() {
        guard let store = store.withLock({ $0.store }) else { return }
        let current = store.current.revision
        if let replaced = trees.withLock({ $0.tick(at: .now, revision: current) }) { releaseTrees(through: replaced) }
        let aged = history.withLock { $0.tick(at: .now, revision: current) }
        let crowded = store.revisionBeyond(limit: options.maximumEvents)
        guard let target = [aged, crowded].compactMap({ $0 }).max(), target > store.statistics.compactedRevision else {
            return
        }
        forget(through: target)
    }

    /// Not on the writer's thread, and little by little: freeing takes its time, and nobody waits for it.
    private func releaseTrees(through revision: Int64) {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(5)) { [weak self] in
            guard let self, let store = self.store.withLock({ $0.store }) else { return }
            if store.releaseTrees(through: revision, limit: 128) { self.releaseTrees(through: revision) }
        }
    }

    /// A slice at a time, each a task of its own on the queue: commits go in between.
    private func forget(through target: Int64) {
        guard let store = store.withLock({ $0.store }) else { return }
        let reached = store.forget(through: target, limit: Self.slice)
        // A failure leaves history that is taken with the next slice, or the next time.
        let more = (try? engine.compact(through: reached, limit: Self.slice)) ?? false
        guard more || reached < target else { return }
        queue.async { [weak self] in
            guard let self, !self.state.withLock({ $0.isClosed }) else { return }
            self.forget(through: target)
        }
    }

    /// Events and versions that one slice of compaction takes: about a millisecond's worth.
    private static let slice = 32
}

private struct WeakStore: Sendable {
    weak var store: Store?
}

/// Remembers which revision was current when, to know which are old enough to go.
private struct HistoryClock {
    let age: Duration
    private var marks: [(time: ContinuousClock.Instant, revision: Int64)] = []

    init(age: Duration) { self.age = age }

    /// Notes the revision and returns the newest one that was current an `age` ago.
    mutating func tick(at time: ContinuousClock.Instant, revision: Int64) -> Int64? {
        if marks.last?.revision != revision { marks.append((time, revision)) }
        var old: Int64?
        while let first = marks.first, time - first.time >= age {
            old = first.revision
            marks.removeFirst()
        }
        return old
    }
}

extension Duration {
    fileprivate var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        return .nanoseconds(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }
}
