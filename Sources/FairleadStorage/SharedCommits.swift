import FairleadModel
import Synchronization

/// Transactions on their way into a shared engine: many at the same time, those that name the same key one after the
/// other. Each is answered when the store has it from the engine's feed.
final class SharedCommits: Sendable {
    typealias Completion = @Sendable (Result<CommitResult, StorageError>) -> Void

    fileprivate struct Pending {
        var transaction: Transaction
        var keys: Keys
        var completion: Completion
    }

    fileprivate struct State {
        var waiting: [Pending] = []
        /// The keys of transactions that are under way.
        var busy = Keys.Busy()
        var underWay = 0
        var isClosed = false
        /// Called when the last transaction has been answered after `close`.
        var whenIdle: [@Sendable () -> Void] = []
    }

    /// How many transactions may be under way; the others wait here.
    private static let most = 100
    /// How long a transaction that is durable may wait for the feed.
    private static let patience = Duration.seconds(8)

    private let engine: any SharedEngine
    private let state = Mutex(State())
    /// Examines a transaction before it is sent; gives the transaction to send.
    private let prepare: @Sendable (Transaction) throws(StorageError) -> Transaction
    private let finished: @Sendable (Result<CommitResult, StorageError>) -> Void
    private let store = Mutex<WeakStore>(WeakStore())

    /// - Parameters:
    ///   - prepare: examines a transaction when its turn comes, and gives what is sent in its place.
    ///   - finished: told of every outcome.
    init(
        engine: any SharedEngine, prepare: @escaping @Sendable (Transaction) throws(StorageError) -> Transaction,
        finished: @escaping @Sendable (Result<CommitResult, StorageError>) -> Void
    ) {
        self.engine = engine
        self.prepare = prepare
        self.finished = finished
    }

    func start(_ store: Store) { self.store.withLock { $0.store = store } }

    func submit(_ transaction: Transaction, completion: @escaping Completion) {
        let pending = Pending(transaction: transaction, keys: Keys(transaction), completion: completion)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.waiting.append(pending) }
            return state.isClosed
        }
        if isClosed { return completion(.failure(.closed)) }
        sendDue()
    }

    /// Calls `done` when everything that was submitted has been answered; refuses what comes later.
    func close(done: @escaping @Sendable () -> Void) {
        let isIdle = state.withLock { state in
            state.isClosed = true
            let isIdle = state.underWay == 0 && state.waiting.isEmpty
            if !isIdle { state.whenIdle.append(done) }
            return isIdle
        }
        if isIdle { done() }
    }

    private func sendDue() {
        for pending in state.withLock({ $0.takeDue(most: Self.most) }) { send(pending) }
    }

    private func send(_ pending: Pending) {
        guard let store = store.withLock({ $0.store }) else { return answer(pending, .failure(.closed)) }
        let transaction: Transaction
        do {
            transaction = try prepare(pending.transaction)
        } catch {
            return answer(pending, .failure(error))
        }
        engine.begin(transaction) { [weak self] result in
            guard let self else { return pending.completion(.failure(.closed)) }
            switch result {
            case .success(let revision):
                store.whenReached(revision, patience: Self.patience) { [weak self] isReached in
                    self?.answer(
                        pending,
                        isReached
                            ? .success(store.outcome(of: transaction, at: revision))
                            : .failure(.io("the change has been made, but the store's feed does not deliver it")))
                }
            case .failure(.conflict(let key, let seenAt)):
                // The author looks again: by then it must be possible to see what was in the way.
                store.whenReached(seenAt, patience: Self.patience) { [weak self] _ in
                    self?.answer(pending, .failure(.conflict(key, current: store.current.object(key))))
                }
            case .failure(.failed(let error)): self.answer(pending, .failure(error))
            }
        }
    }

    private func answer(_ pending: Pending, _ result: Result<CommitResult, StorageError>) {
        let whenIdle = state.withLock { state -> [@Sendable () -> Void] in
            state.busy.remove(pending.keys)
            state.underWay -= 1
            guard state.underWay == 0, state.waiting.isEmpty else { return [] }
            return exchange(&state.whenIdle, with: [])
        }
        finished(result)
        pending.completion(result)
        sendDue()
        for done in whenIdle { done() }
    }
}

extension SharedCommits.State {
    /// Takes the transactions that may be sent now: in order, but past those whose keys are busy.
    fileprivate mutating func takeDue(most: Int) -> [SharedCommits.Pending] {
        guard !waiting.isEmpty, underWay < most else { return [] }
        var due: [SharedCommits.Pending] = []
        var left: [SharedCommits.Pending] = []
        var blocked = SharedCommits.Keys.Busy()
        for pending in waiting {
            if underWay < most, busy.admits(pending.keys), blocked.admits(pending.keys) {
                busy.add(pending.keys)
                underWay += 1
                due.append(pending)
            } else {
                blocked.add(pending.keys)
                left.append(pending)
            }
        }
        waiting = left
        return due
    }
}

extension SharedCommits {
    /// The keys that a transaction names: those that it writes, and those that it only has conditions on.
    fileprivate struct Keys {
        let written: Set<ObjectKey>
        let read: Set<ObjectKey>

        init(_ transaction: Transaction) {
            written = Set(transaction.operations.map(\.key)).union(transaction.amendments.map(\.key))
            read = Set(transaction.conditions.map(\.key)).subtracting(written)
        }

        /// The keys of several transactions. Many may read a key, or one write it.
        struct Busy {
            private var written: Set<ObjectKey> = []
            private var readers: [ObjectKey: Int] = [:]

            func admits(_ keys: Keys) -> Bool {
                keys.written.isDisjoint(with: written) && keys.read.isDisjoint(with: written)
                    && !keys.written.contains { readers[$0] != nil }
            }

            mutating func add(_ keys: Keys) {
                written.formUnion(keys.written)
                for key in keys.read { readers[key, default: 0] += 1 }
            }

            mutating func remove(_ keys: Keys) {
                written.subtract(keys.written)
                for key in keys.read {
                    let rest = (readers[key] ?? 1) - 1
                    readers[key] = rest > 0 ? rest : nil
                }
            }
        }
    }
}
