import Dispatch
import FairleadModel
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
        /// How many transactions shared the last commit: a measure of the load.
        var lastBatch = 0
    }

    private let engine: any StorageEngine
    private let options: StoreOptions
    private let queue = DispatchQueue(label: "fairlead.store.writer", qos: .userInitiated)
    private let state = Mutex(State())
    private let store = Mutex<WeakStore>(WeakStore())
    /// What is wrong with storage.
    let faults: StorageFaults
    private let upkeep: Mutex<Upkeep>

    /// What is done from time to time, on the writer's queue.
    private struct Upkeep {
        var history: HistoryClock
        /// How long the trees of replaced versions stay, and those of current ones that nobody uses.
        var trees: HistoryClock
        var unused: HistoryClock
        /// How long history stays while the database is full.
        var scarce: HistoryClock
        var quota: StorageQuota?
        /// Whether history is being cut because it has grown too large.
        var isTrimming = false
        /// Whether traces of compacted versions are still in the files, and when such traces were last removed.
        var isUntidy = false
        var tidied = SuspendingClock.now
        /// When unused trees were last looked for.
        var aged = SuspendingClock.now
    }

    init(engine: any StorageEngine, options: StoreOptions) {
        self.engine = engine
        self.options = options
        faults = StorageFaults(report: options.onFault)
        upkeep = Mutex(
            Upkeep(
                history: HistoryClock(age: options.historyAge), trees: HistoryClock(age: Self.treeAge(options)),
                unused: HistoryClock(age: Self.treeAge(options) * 3 / 2),
                scarce: HistoryClock(age: options.compactionInterval), quota: options.quota.map(StorageQuota.init)))
    }

    /// Sets the store that outcomes are published to, which the writer does not retain.
    func start(_ store: Store) {
        self.store.withLock { $0.store = store }
        scheduleCompaction()
        scheduleTrees()
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

    /// Up to this many transactions per commit, latency matters most; beyond that, sharing commits does.
    private static let quietBatch = 3

    /// While the load is low, the first caller carries out its batch on its own thread: dispatching to another thread
    /// costs more than the commit. Transactions that arrive meanwhile are left to the queue, so that no caller works
    /// for others for long.
    private func begin() {
        queue.sync { _ = self.carryOutBatch() }
        let isIdle = state.withLock { state in
            if state.pending.isEmpty { state.isDraining = false }
            return state.pending.isEmpty
        }
        if !isIdle { queue.async { self.drain() } }
    }

    /// Returns, to every caller, when everything submitted before has been answered and the engine is closed.
    func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { continuation in
            queue.async {
                if isFirst {
                    while self.carryOutBatch() {}
                    self.purge()
                    self.engine.close()
                }
                continuation.resume()
            }
        }
    }

    /// Confidential versions must not stay in the file until they are old enough for compaction: this store may never
    /// be started again.
    private func purge() {
        guard let store = store.withLock({ $0.store }), faults[.file] == nil else { return }
        for resource in options.confidential {
            guard let revision = store.lastReplacement(of: resource) else { continue }
            do {
                try engine.purge(resource, through: revision)
            } catch {
                faults.note(.compaction, "replaced and deleted \(resource) stay in the file: \(error.explanation)")
            }
        }
    }

    /// One batch per turn of the queue, so that compaction and close get a turn even if writers never pause.
    private func drain() {
        if carryOutBatch() { queue.async { self.drain() } }
    }

    /// - Returns: false if there was nothing to do; the next submission then starts draining again.
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
        faults.begin()
        defer { faults.end() }
        if let why = engine.findFault() {
            faults.note(.file, why)
            return transactions.map { _ in .failure(.io(why)) }
        }
        faults.clear(.file)
        let batch = AmendedBatch(transactions, on: store.current)
        let refused = refusals(of: batch.transactions, store.current)
        let isWhole = refused.isEmpty && batch.conflicts.isEmpty
        let admitted =
            isWhole
            ? batch.transactions
            : batch.transactions.indices.filter { refused[$0] == nil && batch.conflicts[$0] == nil }
                .map { batch.transactions[$0] }
        var results: [Result<CommitResult, StorageError>]
        do {
            results = admitted.isEmpty ? [] : store.publish(admitted, try commit(admitted))
            // A conflict says nothing about the disk.
            if results.contains(where: \.isSuccess) { faults.clear(.commit) }
        } catch {
            faults.note(.commit, error.explanation)
            results = admitted.map { _ in .failure(error) }
        }
        for index in transactions.indices where !isWhole {
            if let key = batch.conflicts[index] {
                // The conflict may come from this very batch: the caller gets the object as it is after the batch.
                results.insert(.failure(.conflict(key, current: store.current.object(key))), at: index)
            } else if let error = refused[index] {
                results.insert(.failure(error), at: index)
            }
        }
        options.metrics.carriedOut(results)
        trimIfCrowded(store)
        return results
    }

    private func commit(_ transactions: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>] {
        let began = SuspendingClock.now
        let outcomes = try engine.commit(transactions)
        options.metrics.committed(transactions.count, in: began.duration(to: .now))
        return outcomes
    }

    /// The transactions for which there is no room.
    private func refusals(of transactions: [Transaction], _ snapshot: Snapshot) -> [Int: StorageError] {
        upkeep.withLock { upkeep in
            guard var quota = upkeep.quota else { return [:] }
            let room = transactions.reduce(0) { $0 + $1.room }
            if !quota.isAlarmed, !quota.isReached(by: room) {
                upkeep.quota?.wrote(room)
                return [:]
            }
            measure(&quota)
            var refused: [Int: StorageError] = [:]
            for (index, transaction) in transactions.enumerated() {
                let room = transaction.room
                if quota.admits(room: room, grows: transaction.grows(beyond: snapshot)) {
                    quota.wrote(room)
                } else {
                    refused[index] = .spaceExceeded
                }
            }
            noteSpace(quota)
            upkeep.quota = quota
            return refused
        }
    }

    private func measure(_ quota: inout StorageQuota) {
        do {
            let bytes = try engine.usedBytes() ?? 0
            options.metrics.measured(bytes: bytes)
            quota.measured(bytes)
        } catch {
            faults.note(.compaction, error.explanation)
        }
    }

    private func noteSpace(_ quota: StorageQuota) {
        guard quota.isAlarmed else { return faults.clear(.space) }
        faults.note(
            .space,
            "the database has reached its quota of \(quota.limit) bytes: what takes more room is refused; delete "
                + "something, or start with a larger --storage-quota")
    }

    // MARK: - upkeep

    private func scheduleCompaction() {
        queue.asyncAfter(deadline: .now() + options.compactionInterval.dispatchInterval) { [weak self] in
            guard let self, !self.state.withLock({ $0.isClosed }) else { return }
            self.examine()
            self.compact()
            self.scheduleCompaction()
        }
    }

    /// Checks for faults that nobody notices while nobody writes.
    private func examine() {
        if let why = engine.findFault() { faults.note(.file, why) } else { faults.clear(.file) }
        if let folder = engine.folder, let why = DiskSpace.fault(of: folder) {
            faults.note(.disk, why)
        } else {
            faults.clear(.disk)
        }
        if faults[.commit] != nil, faults[.file] == nil {
            do {
                try engine.probe()
                faults.clear(.commit)
            } catch {
                faults.note(.commit, error.explanation)
            }
        }
        upkeep.withLock { upkeep in
            guard var quota = upkeep.quota else { return }
            measure(&quota)
            noteSpace(quota)
            upkeep.quota = quota
        }
    }

    private func compact() {
        guard let store = store.withLock({ $0.store }) else { return }
        let current = store.current.revision
        let aged = upkeep.withLock { upkeep in
            let aged = upkeep.history.tick(at: .now, revision: current)
            let scarce = upkeep.scarce.tick(at: .now, revision: current)
            return upkeep.quota?.isAlarmed == true ? scarce ?? aged : aged
        }
        ageTrees(of: store.current)
        let crowded = store.revisionBeyond(limit)
        guard let target = [aged, crowded].compactMap({ $0 }).max(), target > store.statistics.compactedRevision else {
            return tidy()
        }
        forget(through: target)
    }

    private var limit: HistoryExtent {
        HistoryExtent(events: options.maximumEvents, bytes: options.maximumHistoryBytes)
    }

    /// History that outgrows its limits between two ticks of the timer is cut at once, to an eighth below the limit, so
    /// that not every commit pays for it.
    private func trimIfCrowded(_ store: Store) {
        guard store.historyExtent.exceeds(limit) else { return }
        let mustStart = upkeep.withLock { upkeep in
            defer { upkeep.isTrimming = true }
            return !upkeep.isTrimming
        }
        guard mustStart else { return }
        queue.async { [weak self] in
            guard let self else { return }
            let limit = self.limit
            let target = HistoryExtent(events: limit.events - limit.events / 8, bytes: limit.bytes - limit.bytes / 8)
            if let revision = store.revisionBeyond(target) {
                self.forget(through: revision)
            } else {
                self.upkeep.withLock { $0.isTrimming = false }
            }
        }
    }

    /// Trees that nobody has used for one to two periods are given up, and decoded again when somebody needs them.
    private func ageTrees(of snapshot: Snapshot) {
        let isDue = upkeep.withLock { upkeep in
            guard upkeep.aged.duration(to: .now) >= Self.idlePeriod else { return false }
            upkeep.aged = .now
            return true
        }
        guard isDue else { return }
        DispatchQueue.global(qos: .utility).async { snapshot.ageTrees() }
    }

    private static let idlePeriod = Duration.seconds(30)

    /// How soon after a write the trees of it and of what it replaced may go.
    private static func treeAge(_ options: StoreOptions) -> Duration { options.compactionInterval * 2 / 5 }

    private func scheduleTrees() {
        let pause = (Self.treeAge(options) / 4).dispatchInterval
        queue.asyncAfter(deadline: .now() + pause) { [weak self] in
            guard let self, !self.state.withLock({ $0.isClosed }),
                let store = self.store.withLock({ $0.store })
            else { return }
            let current = store.current.revision
            let (replaced, unused) = self.upkeep.withLock { upkeep in
                (
                    upkeep.trees.tick(at: .now, revision: current),
                    upkeep.unused.tick(at: .now, revision: current)
                )
            }
            if let replaced {
                self.littleByLittle { [weak store] in
                    store?.releaseTrees(through: replaced, limit: Self.treesAtOnce) ?? false
                }
            }
            if let unused {
                self.littleByLittle { [weak store] in
                    store?.dropUnusedTrees(through: unused, limit: Self.treesAtOnce) ?? false
                }
            }
            self.scheduleTrees()
        }
    }

    private static let treesAtOnce = 128

    /// Not on the writer's thread, because freeing takes time, and nobody waits for it.
    ///
    /// - Parameter step: returns whether there is more to do.
    private func littleByLittle(_ step: @escaping @Sendable () -> Bool) {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(5)) { [weak self] in
            if step() { self?.littleByLittle(step) }
        }
    }

    /// One slice at a time, each a separate task on the queue, so that commits run in between.
    private func forget(through target: Int64) {
        guard let store = store.withLock({ $0.store }), !state.withLock({ $0.isClosed }) else { return }
        let slice = store.historyExtent.slice(events: Self.slice, bytes: Self.sliceBytes)
        let reached = store.forget(through: target, limit: slice)
        var more = false
        do {
            more = try engine.compact(through: reached, limit: slice)
            faults.clear(.compaction)
        } catch {
            // The history that is left is removed with the next slice, or the next time.
            faults.note(.compaction, "old history cannot be removed: \(error.explanation)")
        }
        let isDone = upkeep.withLock { upkeep in
            upkeep.isUntidy = true
            let isDone = !more && reached >= target
            if isDone { upkeep.isTrimming = false }
            return isDone
        }
        if isDone { return tidy() }
        queue.async { [weak self] in self?.forget(through: target) }
    }

    /// The events and versions that one slice of compaction removes, and their bytes: about a millisecond of work.
    private static let slice = 32
    private static let sliceBytes = 256 << 10

    /// Deleted content must not stay in the WAL beside the database either.
    private func tidy() {
        let isDue = upkeep.withLock { upkeep in
            guard upkeep.isUntidy, upkeep.tidied.duration(to: .now) >= Self.tidyInterval else { return false }
            upkeep.isUntidy = false
            upkeep.tidied = .now
            return true
        }
        guard isDue, !state.withLock({ $0.isClosed }) else { return }
        do {
            try engine.tidy()
        } catch {
            upkeep.withLock { $0.isUntidy = true }
            faults.note(.compaction, "the log beside the database cannot be emptied: \(error.explanation)")
        }
    }

    private static let tidyInterval = Duration.seconds(20)
}

extension Transaction {
    /// The room that the transaction's documents take.
    fileprivate var room: Int64 {
        var room: Int64 = 0
        for case .put(_, let document) in operations { room += StorageQuota.room(for: document.bytes.count) }
        return room
    }

    /// Whether any document makes an object larger than it is.
    fileprivate func grows(beyond snapshot: Snapshot) -> Bool {
        operations.contains { operation in
            guard case .put(let key, let document) = operation else { return false }
            guard let old = snapshot.object(key) else { return true }
            return document.bytes.count > old.bytes.count + StorageQuota.slack
        }
    }
}

private struct WeakStore: Sendable {
    weak var store: Store?
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}

extension Duration {
    fileprivate var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        return .nanoseconds(Int(seconds) *| 1_000_000_000 +| Int(attoseconds / 1_000_000_000))
    }
}
