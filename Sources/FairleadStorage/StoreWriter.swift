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
    }

    private let engine: any StorageEngine
    private let options: StoreOptions
    private let queue = DispatchQueue(label: "fairlead.store.writer", qos: .userInitiated)
    private let state = Mutex(State())
    private let store = Mutex<WeakStore>(WeakStore())
    private let history: Mutex<HistoryClock>

    init(engine: any StorageEngine, options: StoreOptions) {
        self.engine = engine
        self.options = options
        history = Mutex(HistoryClock(age: options.historyAge))
    }

    /// The store that outcomes are published to; not kept alive by this.
    func start(_ store: Store) {
        self.store.withLock { $0.store = store }
        scheduleCompaction()
    }

    func submit(_ transaction: Transaction, completion: @escaping Completion) {
        let (isClosed, mustDrain) = state.withLock { state in
            if state.isClosed { return (true, false) }
            state.pending.append(Pending(transaction: transaction, completion: completion))
            defer { state.isDraining = true }
            return (false, !state.isDraining)
        }
        if isClosed { return completion(.failure(.closed)) }
        if mustDrain { queue.async { self.drain() } }
    }

    func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        await withCheckedContinuation { continuation in
            queue.async {
                self.drain()
                self.engine.close()
                continuation.resume()
            }
        }
    }

    private func drain() {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.pending.prefix(options.maximumBatch))
                state.pending.removeFirst(batch.count)
                if batch.isEmpty { state.isDraining = false }
                return batch
            }
            if batch.isEmpty { return }
            let results = carryOut(batch.map(\.transaction))
            for (pending, result) in zip(batch, results) { pending.completion(result) }
        }
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
        let aged = history.withLock { $0.tick(at: .now, revision: store.current.revision) }
        let crowded = store.revisionBeyond(limit: options.maximumEvents)
        guard let target = [aged, crowded].compactMap({ $0 }).max(), target > store.statistics.compactedRevision else {
            return
        }
        store.forget(through: target)
        compactEngine(through: target)
    }

    /// A slice at a time, each a task of its own on the queue: commits go in between.
    private func compactEngine(through revision: Int64) {
        let more = (try? engine.compact(through: revision, limit: 500)) ?? false
        guard more else { return }
        queue.async { [weak self] in
            guard let self, !self.state.withLock({ $0.isClosed }) else { return }
            self.compactEngine(through: revision)
        }
    }
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
