import FairleadModel
package import FairleadStorage
import Synchronization

/// The distributed engine: etcd v3.4 or later, which several processes use at the same time.
///
/// Keys are laid out as kube-apiserver's (`EtcdKeys`), values are JSON, revisions are etcd's. What it guarantees is what
/// `SharedEngine` says. It does not cache, and does not know what others of the same prefix do except through its feed.
package final class EtcdEngine: SharedEngine, MigrationTarget {
    let client: EtcdClient
    let keys: EtcdKeys
    let values: EtcdValues
    let tasks = EtcdTasks()
    private let options: EtcdOptions
    private let slots: TransactionSlots
    private let state = Mutex(State())

    private struct State {
        var loaded: Int64 = 0
        /// The last revision that this process is known to have written.
        var written: Int64 = 0
        /// History up to here may go.
        var compactable: Int64 = 0
        var compacted: Int64 = 0
        /// What etcd last said that its database takes.
        var bytes: Int64?
    }

    /// How long a transaction is tried before its outcome is given up.
    private static let patience = Duration.seconds(8)
    /// How long other requests are tried.
    private static let shortPatience = Duration.seconds(5)
    /// As etcd is configured unless told otherwise, but for what is added to each transaction.
    package let maximumOperations = 120

    /// - Throws: `.io` for certificates that cannot be read.
    package init(_ options: EtcdOptions, values: any ValueTransformer = PlainValues()) throws(StorageError) {
        self.options = options
        keys = EtcdKeys(prefix: options.prefix)
        slots = TransactionSlots(keys)
        self.values = EtcdValues(transformer: values)
        do {
            client = try EtcdClient(options)
        } catch {
            throw .io("the certificates for etcd cannot be read: \(error)")
        }
        tasks.start { [client] in await client.run() }
    }

    // MARK: - transactions

    package func begin(
        _ transaction: Transaction, completion: @escaping @Sendable (Result<Int64, SharedFailure>) -> Void
    ) {
        let isStarted = tasks.start {
            do throws(SharedFailure) {
                completion(.success(try await self.carryOut(transaction)))
            } catch {
                completion(.failure(error))
            }
        }
        if !isStarted { completion(.failure(.failed(.closed))) }
    }

    package func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>] {
        var results: [Result<Int64, StorageError>] = []
        for transaction in batch {
            let outcome = tasks.wait { () async -> Result<Int64, StorageError> in
                do throws(SharedFailure) {
                    return .success(try await self.carryOut(transaction))
                } catch {
                    switch error {
                    case .conflict(let key, _): return .failure(.conflict(key, current: nil))
                    case .failed(let error): return .failure(error)
                    }
                }
            }
            guard let outcome else { throw .closed }
            results.append(outcome)
        }
        return results
    }

    /// Sends a transaction until its outcome is known.
    private func carryOut(_ transaction: Transaction) async throws(SharedFailure) -> Int64 {
        guard transaction.operations.count <= maximumOperations, transaction.conditions.count <= maximumOperations
        else { throw .failed(.io("a transaction has more operations than etcd takes")) }
        let deadline = SuspendingClock.now + Self.patience
        var (slot, mark) = slots.take()
        defer { slots.giveBack(slot) }
        // Whether an attempt has no answer: it may have been carried out, or may yet be.
        var isOpen = false
        var why = "it was not tried"
        while .now < deadline, !Task.isCancelled {
            do {
                if slot.isDoubtful, !isOpen { try await settle(&slot, until: deadline) }
                let request = try request(for: transaction, slot, mark)
                let response = try await client.callOnce(.txn, request, TxnResponse.self)
                if response.succeeded {
                    slot.revision = response.header.revision
                    return wrote(slot.revision)
                }
                switch try verdict(response, transaction, slot, mark) {
                case .carriedOut(let revision):
                    slot.revision = revision
                    return wrote(revision)
                case .slotChanged:
                    slot.isDoubtful = true
                    if isOpen { throw SharedFailure.failed(Self.unknown("its mark has been tidied away")) }
                case .conflict(let key):
                    if isOpen, let revision = try await ruleOut(&slot, mark, until: deadline) { return wrote(revision) }
                    throw SharedFailure.conflict(key, seenAt: response.header.revision)
                }
            } catch let error as SharedFailure {
                throw error
            } catch let error as StorageError {
                throw .failed(error)
            } catch EtcdError.unavailable(let reason) {
                // The mark tells at the next attempt what became of this one.
                isOpen = true
                why = reason
                // Cancellation is seen at the next turn.
                try? await Task.sleep(for: .milliseconds(50), clock: .suspending)
            } catch {
                if !isOpen { throw .failed(Self.storageError(error, transaction)) }
                why = (error as? EtcdError)?.explanation ?? "\(error)"
                break
            }
        }
        slot.isDoubtful = true
        throw .failed(Self.unknown(why))
    }

    private static func unknown(_ why: String) -> StorageError {
        .io("it is not known whether a change has been made: \(why)")
    }

    private func wrote(_ revision: Int64) -> Int64 {
        state.withLock { $0.written = max($0.written, revision) }
        return revision
    }

    /// A revision that the feed must deliver.
    var written: Int64 { state.withLock { $0.written } }

    private func request(
        for transaction: Transaction, _ slot: TransactionSlots.Slot, _ mark: [UInt8]
    ) throws(StorageError) -> TxnRequest {
        var request = TxnRequest()
        request.comparisons.append(.init(key: slot.key, revision: slot.revision))
        request.failure.append(.range(RangeRequest(key: slot.key)))
        for condition in transaction.conditions {
            let key = keys.key(condition.key)
            request.comparisons.append(.init(key: key, revision: condition.revision))
            request.failure.append(.range(RangeRequest(key: key, keysOnly: true)))
        }
        request.success.append(.put(PutRequest(key: slot.key, value: mark)))
        for operation in transaction.operations {
            let key = keys.key(operation.key)
            switch operation {
            case .put(let object, let document):
                request.success.append(.put(PutRequest(key: key, value: try values.stored(document, of: object))))
            case .delete: request.success.append(.delete(DeleteRequest(key: key)))
            }
        }
        return request
    }

    private enum Verdict {
        /// By an earlier attempt.
        case carriedOut(Int64)
        case slotChanged
        case conflict(ObjectKey)
    }

    /// Why an attempt was not carried out.
    private func verdict(
        _ response: TxnResponse, _ transaction: Transaction, _ slot: TransactionSlots.Slot, _ mark: [UInt8]
    ) throws(StorageError) -> Verdict {
        guard response.ranges.count == transaction.conditions.count + 1 else {
            throw .io("etcd's answer to a transaction cannot be understood")
        }
        let found = response.ranges[0].values.first
        if found?.modRevision ?? 0 != slot.revision {
            return found?.value == mark ? .carriedOut(found?.modRevision ?? 0) : .slotChanged
        }
        for (condition, range) in zip(transaction.conditions, response.ranges.dropFirst())
        where range.values.first?.modRevision ?? 0 != condition.revision {
            return .conflict(condition.key)
        }
        return .slotChanged
    }

    /// Makes sure that no attempt of an earlier transaction can still be carried out.
    private func settle(
        _ slot: inout TransactionSlots.Slot, until deadline: SuspendingClock.Instant
    ) async throws(EtcdError) {
        let request = PutRequest(key: slot.key, value: TransactionSlots.settled)
        slot.revision = try await client.call(.put, request, PlainResponse.self, until: deadline).header.revision
        slot.isDoubtful = false
    }

    /// Makes sure that no attempt of this transaction can still be carried out.
    ///
    /// - Returns: the revision of one that has been, after all; nil if none ever will.
    private func ruleOut(
        _ slot: inout TransactionSlots.Slot, _ mark: [UInt8], until deadline: SuspendingClock.Instant
    ) async throws -> Int64? {
        var request = TxnRequest()
        request.comparisons = [.init(key: slot.key, revision: slot.revision)]
        request.success = [.put(PutRequest(key: slot.key, value: TransactionSlots.settled))]
        request.failure = [.range(RangeRequest(key: slot.key))]
        let response = try await client.call(.txn, request, TxnResponse.self, until: deadline)
        if response.succeeded {
            slot.revision = response.header.revision
            return nil
        }
        guard let found = response.ranges.first?.values.first else {
            slot.isDoubtful = true
            throw SharedFailure.failed(Self.unknown("its mark has been tidied away"))
        }
        slot.revision = found.modRevision
        if found.value == mark { return found.modRevision }
        // An earlier attempt of this very request, whose answer was lost.
        if found.value == TransactionSlots.settled { return nil }
        slot.isDoubtful = true
        throw SharedFailure.failed(Self.unknown("its mark has been written over"))
    }

    private static func storageError(_ error: any Error, _ transaction: Transaction) -> StorageError {
        switch error as? EtcdError {
        case .full: return .spaceExceeded
        case .tooLarge:
            var (largest, bytes): (ObjectKey?, Int) = (nil, 0)
            for case .put(let key, let document) in transaction.operations where document.bytes.count > bytes {
                (largest, bytes) = (key, document.bytes.count)
            }
            guard let largest else { return .io(EtcdError.tooLarge.explanation) }
            return .tooLarge(largest, bytes: bytes)
        case .some(let error): return .io(error.explanation)
        case nil: return .io("\(error)")
        }
    }

    // MARK: - reading

    package func load() throws(StorageError) -> EngineState {
        let loaded = tasks.wait { [self] () async -> Result<EngineState, StorageError> in
            do throws(EtcdError) {
                let deadline = SuspendingClock.now + Self.loadPatience
                try await prepareSlots(until: deadline)
                return .success(try await loadAll(until: deadline))
            } catch {
                return .failure(
                    .io("\(error.explanation) (\(options.text)): start etcd, or choose another --storage"))
            }
        }
        guard let loaded else { throw .closed }
        let state = try loaded.get()
        self.state.withLock {
            $0.loaded = state.revision
            $0.compacted = state.compactedRevision
        }
        return state
    }

    /// Makes slots for all transactions that are usually under way. An etcd in which nothing has ever been written is
    /// then no longer at revision 1, which is older than everything: a client that asks for it is told that it has
    /// expired.
    private func prepareSlots(until deadline: SuspendingClock.Instant) async throws(EtcdError) {
        let fresh = slots.make(100)
        var request = TxnRequest()
        request.success = fresh.map { .put(PutRequest(key: $0.key, value: TransactionSlots.settled)) }
        let revision = try await client.call(.txn, request, TxnResponse.self, until: deadline).header.revision
        slots.take(fresh, at: revision)
    }

    /// How long etcd may be away when the server starts.
    private static let loadPatience = Duration.seconds(20)

    package func follow(_ follower: EngineFollower) {
        let revision = state.withLock { $0.loaded }
        tasks.start { await EtcdFeed(engine: self, follower: follower).run(after: revision) }
        tasks.start { await self.keepAsking() }
    }

    package func askRevision(completion: @escaping @Sendable (Result<Int64, StorageError>) -> Void) {
        // Not one that exists: only the header counts, which a member gives when it has heard from the majority.
        let request = RangeRequest(key: slots.beat, keysOnly: true)
        let isStarted = tasks.start { [client] in
            do throws(EtcdError) {
                let response = try await client.call(
                    .range, request, RangeResponse.self, until: .now + Self.shortPatience)
                completion(.success(response.header.revision))
            } catch {
                completion(.failure(.io(error.explanation)))
            }
        }
        if !isStarted { completion(.failure(.closed)) }
    }

    /// Somebody else may have written outside of our keys, of which the feed hears nothing. So a key of ours is written:
    /// members of etcd before 3.4.25 and 3.5.8 may tell of their progress before the events that belong to it.
    package func hastenFeed() {
        tasks.start { await self.beat() }
    }

    @discardableResult
    private func beat() async -> Result<Int64, EtcdError> {
        let request = PutRequest(key: slots.beat, value: [])
        do throws(EtcdError) {
            let response = try await client.call(.put, request, PlainResponse.self, until: .now + Self.shortPatience)
            return .success(wrote(response.header.revision))
        } catch {
            return .failure(error)
        }
    }

    package func probe() throws(StorageError) {
        guard let result = tasks.wait(for: { await self.beat() }) else { throw .closed }
        if case .failure(let error) = result { throw .io(error.explanation) }
    }

    // MARK: - upkeep

    /// The history goes with the next `tidy`: etcd compacts in one step, however much there is.
    package func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool {
        state.withLock { $0.compactable = max($0.compactable, revision) }
        return false
    }

    package func tidy() throws(StorageError) {
        let target = state.withLock { state in state.compactable > state.compacted ? state.compactable : nil }
        guard let target else { return }
        let result = tasks.wait { [self] () async -> Result<Void, StorageError> in
            do throws(EtcdError) {
                try await compactAll(through: target)
                return .success(())
            } catch {
                return .failure(.io(error.explanation))
            }
        }
        guard let result else { throw .closed }
        try result.get()
        state.withLock { $0.compacted = max($0.compacted, target) }
    }

    private func compactAll(through target: Int64) async throws(EtcdError) {
        let deadline = SuspendingClock.now + Self.shortPatience
        do {
            _ = try await client.call(.compact, CompactRequest(revision: target), PlainResponse.self, until: deadline)
        } catch {
            // Another replica was faster.
            guard case .compacted = error else { throw error }
        }
        // What processes that are no more have left, and slots that are not used: nobody will look there.
        let old = try await client.call(
            .range,
            RangeRequest(
                key: keys.transactions, end: EtcdKeys.end(of: keys.transactions), limit: 100, keysOnly: true,
                writtenUpTo: target), RangeResponse.self, until: deadline)
        for mark in old.values {
            var deletion = TxnRequest()
            deletion.comparisons = [.init(key: mark.key, revision: mark.modRevision)]
            deletion.success = [.delete(DeleteRequest(key: mark.key))]
            _ = try await client.call(.txn, deletion, TxnResponse.self, until: deadline)
        }
    }

    /// Writes until etcd has come that far: it has no other way.
    package func beginAfter(_ revision: Int64) throws(StorageError) {
        let result = tasks.wait { [self] () async -> Result<Void, EtcdError> in
            await withTaskGroup(of: Result<Void, EtcdError>.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        while true {
                            switch await self.beat() {
                            case .success(let reached): if reached > revision { return .success(()) }
                            case .failure(let error): return .failure(error)
                            }
                        }
                    }
                }
                var outcome: Result<Void, EtcdError> = .success(())
                for await case .failure(let error) in group { outcome = .failure(error) }
                return outcome
            }
        }
        guard let result else { throw .closed }
        if case .failure(let error) = result { throw .io(error.explanation) }
    }

    package func usedBytes() throws(StorageError) -> Int64? { state.withLock { $0.bytes } }

    package func findFault() -> String? { nil }

    /// Asks from time to time how large the database is.
    private func keepAsking() async {
        while !Task.isCancelled {
            do throws(EtcdError) {
                let status = try await client.callOnce(.status, StatusRequest(), StatusResponse.self)
                state.withLock { $0.bytes = status.bytesInUse }
            } catch {
                // The feed and the transactions tell of it.
            }
            // Cancellation is seen at the next turn.
            try? await Task.sleep(for: .seconds(5), clock: .suspending)
        }
    }

    package func close() { tasks.stop() }
}
