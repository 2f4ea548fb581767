import DequeModule
package import FairleadModel
import Synchronization

/// The interface of storage: a durable, versioned, watchable map from keys to objects, with everything current in
/// memory.
///
/// The guarantees are those of etcd: a commit that has returned is durable and visible to every read and watch;
/// transactions are atomic and ordered by revision; publication happens in revision order, before the next commit; a
/// snapshot never changes; a watch sees every event once, in order, or is told that it has lost some (`.expired`).
/// Readers take a reference and wait for nobody: the lock below is never held during I/O or while encoding.
///
/// The store does not know what an object means, and it does not retry: resolving a conflict is up to the caller.
package final class Store: Sendable {
    /// What readers see. One lock guards all of it, so that snapshot, history and revision always belong to one commit.
    private struct Published {
        var snapshot: Snapshot
        var rings: [GroupResource: EventRing] = [:]
        var compactedRevision: Int64
        /// The trees of versions replaced up to this revision have been released.
        var treesReleased: Int64 = 0
        /// The trees of versions written up to this revision are gone unless somebody has used them since.
        var treesAged: Int64 = 0
        /// The size of the history.
        var extent = HistoryExtent()
        /// The history of each revision, to know where to cut.
        var commits: Deque<(revision: Int64, extent: HistoryExtent)> = []
        /// The most commits that the queue has held since it was last rebuilt: it keeps the capacity for as many.
        var mostCommits = 0
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0

        mutating func append(_ event: StoreEvent) {
            rings[event.object.key.resource, default: EventRing()].append(event)
            let one = HistoryExtent(events: 1, bytes: event.historyBytes)
            extent += one
            if let last = commits.indices.last, commits[last].revision == event.revision {
                commits[last].extent += one
            } else {
                commits.append((event.revision, one))
            }
        }

        /// The next events of a walk through the history, about `limit` of them, and whether these are the last.
        ///
        /// - Parameter place: the revision up to which the walk has come.
        mutating func events(
            after place: WritableKeyPath<Published, Int64>, through end: Int64, limit: Int
        ) -> ([StoreEvent], isDone: Bool) {
            let start = self[keyPath: place]
            var reached = start
            var count = 0
            for commit in commits[commits.partitionPoint { $0.revision <= start }...] {
                if commit.revision > end || count >= limit { break }
                count += commit.extent.events
                reached = commit.revision
            }
            self[keyPath: place] = reached
            let events = rings.values.flatMap { ring in
                let first = ring.firstIndex(after: start)
                return ring.slice(from: first, maximum: ring.firstIndex(after: reached) - first)
            }
            return (events, count < limit)
        }
    }

    private struct Waiter {
        var revision: Int64
        var resume: @Sendable () -> Void
    }

    private let options: StoreOptions
    private let writer: StoreWriter
    private let published: Mutex<Published>
    private let subscriptions = Subscriptions()
    private let past = Mutex(PastIndexes())
    /// What could not be read when the store was opened, including past versions.
    package let damageFound: [DamagedVersion]
    /// How many stored versions would be written in another form now (`ValueTransformer`).
    package let staleValuesFound: Int

    /// Loads what the engine holds.
    package static func open(
        engine: any StorageEngine, options: StoreOptions = StoreOptions()
    ) throws(StorageError) -> Store {
        let store = Store(engine: engine, options: options, state: try engine.load())
        store.writer.start(store)
        return store
    }

    private init(engine: any StorageEngine, options: StoreOptions, state: EngineState) {
        let snapshot = Snapshot(state)
        damageFound = state.damaged
        staleValuesFound = state.staleValues
        var published = Published(snapshot: snapshot, compactedRevision: state.compactedRevision)
        var latest: [ObjectKey: StoredObject] = [:]
        for event in state.history {
            guard let restored = StoreEvent(event, current: snapshot.object(event.key), before: latest[event.key])
            else { continue }
            latest[event.key] = restored.isDeletion ? nil : restored.object
            published.append(restored)
        }
        self.published = Mutex(published)
        self.options = options
        writer = StoreWriter(engine: engine, options: options)
    }

    // MARK: - reading

    /// The state after the last commit.
    package var current: Snapshot { published.withLock { $0.snapshot } }

    /// The state after an earlier commit, reconstructed from history.
    ///
    /// - Parameter resource: the resource that will be read, if known: objects of other resources then stay as they are
    ///   now.
    /// - Throws: `.expired` if history does not reach back that far, `.future` for a revision that has not been reached
    ///   yet.
    package func snapshot(at revision: Int64, of resource: GroupResource? = nil) throws(StorageError) -> Snapshot {
        let (found, rings) = try published.withLock { (state) throws(StorageError) in
            if revision > state.snapshot.revision {
                throw .future(requested: revision, current: state.snapshot.revision)
            }
            if revision < state.compactedRevision {
                throw .expired(requested: revision, oldest: state.compactedRevision)
            }
            return (state.snapshot, state.rings)
        }
        var snapshot = found
        if revision == snapshot.revision { return snapshot }
        if let resource, let index = past.withLock({ $0.index(of: resource, at: revision) }) {
            snapshot.indexes[resource] = index
            snapshot.revision = revision
            return snapshot
        }
        for (other, ring) in rings where resource == nil || resource == other {
            for event in ring.reversed(after: revision) {
                let key = event.object.key
                if let previous = event.previous {
                    _ = snapshot.put(key) { _ in previous }
                } else {
                    _ = snapshot.remove(key)
                }
            }
        }
        snapshot.revision = revision
        if let resource { keep(snapshot, of: resource) }
        return snapshot
    }

    /// Keeps this state of one resource at hand: `snapshot(at:of:)` is fast for it, as long as history reaches back to
    /// it and other states are not used more recently.
    package func keep(_ snapshot: Snapshot, of resource: GroupResource) {
        guard let index = snapshot.indexes[resource] else { return }
        past.withLock { $0.keep(index, of: resource, at: snapshot.revision) }
    }

    /// Waits until the revision has been published.
    /// - Returns: false if the timeout came first.
    package func waitUntil(revision: Int64, timeout: Duration) async -> Bool {
        if current.revision >= revision { return true }
        let signal = AsyncStream<Void>.makeStream()
        let waiter: Int? = published.withLock { state in
            guard state.snapshot.revision < revision else { return nil }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = Waiter(revision: revision) { signal.continuation.finish() }
            return state.nextWaiter
        }
        guard let waiter else { return true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signal.stream {} }
            group.addTask { try? await Task.sleep(for: timeout, clock: .suspending) }
            await group.next()
            group.cancelAll()
        }
        published.withLock { _ = $0.waiters.removeValue(forKey: waiter) }
        return current.revision >= revision
    }

    // MARK: - watching

    /// A cursor that returns every event of the resource after `revision`.
    ///
    /// - Throws: `.expired` if some of them are gone, `.future` for a revision that has not been reached yet.
    package func watch(_ resource: GroupResource, after revision: Int64) throws(StorageError) -> WatchCursor {
        try published.withLock { (state) throws(StorageError) in
            if revision < state.compactedRevision {
                throw .expired(requested: revision, oldest: state.compactedRevision)
            }
            if revision > state.snapshot.revision {
                throw .future(requested: revision, current: state.snapshot.revision)
            }
            let next = state.rings[resource]?.firstIndex(after: revision) ?? 0
            return WatchCursor(store: self, resource: resource, next: next, upTo: revision)
        }
    }

    func read(
        _ resource: GroupResource, from index: Int, maximum: Int, seenUpTo: Int64
    ) throws(StorageError) -> WatchBatch {
        try published.withLock { (state) throws(StorageError) in
            guard let ring = state.rings[resource] else {
                return WatchBatch(events: [], upTo: state.snapshot.revision, atEnd: true)
            }
            if index < ring.base { throw .expired(requested: seenUpTo, oldest: state.compactedRevision) }
            let events = ring.slice(from: index, maximum: maximum)
            let atEnd = index + events.count >= ring.end
            let upTo = atEnd ? state.snapshot.revision : events.last?.revision ?? seenUpTo
            return WatchBatch(events: events, upTo: upTo, atEnd: atEnd)
        }
    }

    /// Calls `wake` after each publication that changed the resource, on the writer's thread and with no locks held; it
    /// must not block.
    package func subscribe(_ resource: GroupResource, wake: @escaping @Sendable () -> Void) -> Subscription {
        subscriptions.add(resource, wake)
    }

    // MARK: - writing

    /// Carries out a transaction; it is durable and published when this returns.
    ///
    /// - Throws: `.conflict` with the key and its current version, `.tooDeep`, `.tooLarge`, `.spaceExceeded`, `.io`,
    ///   `.closed`.
    package func commit(_ transaction: Transaction) async throws(StorageError) -> CommitResult {
        try checkBounds(of: transaction)
        // A task with an executor of its own runs on an event loop, which a commit must not block.
        let mayBlock = withUnsafeCurrentTask { $0?.unownedTaskExecutor == nil }
        return try await withCheckedContinuation { continuation in
            writer.submit(transaction, mayBlock: mayBlock) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Every write passes through here, whatever made the document.
    private func checkBounds(of transaction: Transaction) throws(StorageError) {
        var total = 0
        for case .put(let key, let document) in transaction.operations {
            if document.value.nests(deeperThan: JSON.maximumStoredDepth) { throw .tooDeep(key) }
            total += document.bytes.count
            guard document.bytes.count <= options.maximumDocumentBytes, total <= options.maximumTransactionBytes else {
                throw .tooLarge(key, bytes: document.bytes.count)
            }
        }
    }

    /// What is wrong with storage just now.
    package var faults: StorageFaults { writer.faults }

    /// Finishes what has been submitted, then closes the engine. From then on, commits fail with `.closed`.
    package func close() async { await writer.close() }

    /// Publishes the outcome of a batch in one step. Called only by the writer.
    func publish(
        _ batch: [Transaction], _ outcomes: [Result<Int64, StorageError>]
    ) -> [Result<CommitResult, StorageError>] {
        var snapshot = current
        var events: [StoreEvent] = []
        var results: [Result<CommitResult, StorageError>] = []
        for (transaction, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .failure(.conflict(let key, _)):
                results.append(.failure(.conflict(key, current: snapshot.object(key))))
            case .failure(let error): results.append(.failure(error))
            case .success(let revision):
                let made = transaction.operations.enumerated().compactMap { index, operation in
                    snapshot.carryOut(operation, at: transaction.revision(ofOperation: index, last: revision))
                }
                snapshot.revision = revision
                events += made
                results.append(.success(CommitResult(revision: revision, objects: made.map(\.object))))
            }
        }
        let (waiters, replaced) = published.withLock { state in
            let replaced = state.snapshot
            state.snapshot = snapshot
            for event in events { state.append(event) }
            let due = state.waiters.filter { $0.value.revision <= snapshot.revision }
            for number in due.keys { state.waiters[number] = nil }
            // Returned, so that it is freed outside the lock, where no reader waits for it.
            return (due.values.map(\.resume), replaced)
        }
        _ = consume replaced
        for resume in waiters { resume() }
        if !events.isEmpty { subscriptions.wake(Set(events.map { $0.object.key.resource })) }
        return results
    }

    // MARK: - history

    /// Removes the oldest events: about `limit` of them, in whole revisions, none after `revision`. Called only by the
    /// writer, which calls again until everything up to `revision` is gone.
    ///
    /// - Returns: the revision up to which history is now gone.
    func forget(through revision: Int64, limit: Int) -> Int64 {
        let (reached, dropped) = published.withLock { state -> (Int64, [[StoreEvent]]) in
            var reached = revision
            var gone = HistoryExtent()
            state.mostCommits = max(state.mostCommits, state.commits.count)
            while let first = state.commits.first, first.revision <= revision {
                if gone.events > 0, gone.events + first.extent.events > limit { break }
                gone += first.extent
                reached = first.revision
                state.commits.removeFirst()
            }
            if state.commits.first.map({ $0.revision > revision }) ?? true { reached = revision }
            if state.mostCommits > 4096, state.commits.count < state.mostCommits / 8 {
                state.commits = Deque(Array(state.commits))
                state.mostCommits = state.commits.count
            }
            state.compactedRevision = max(state.compactedRevision, reached)
            state.extent -= gone
            var dropped: [[StoreEvent]] = []
            for resource in Array(state.rings.keys) {
                dropped += state.rings[resource]?.dropEvents(through: reached) ?? []
            }
            return (reached, dropped)
        }
        _ = consume dropped
        past.withLock { $0.drop(before: reached) }
        return reached
    }

    /// The revision of the last event in history that replaced or deleted something of the resource.
    func lastReplacement(of resource: GroupResource) -> Int64? {
        guard let ring = published.withLock({ $0.rings[resource] }) else { return nil }
        return ring.reversed(after: 0).first { $0.previous != nil }?.revision
    }

    /// Frees the decoded trees of versions that were already replaced or deleted at the revision, about `limit` of
    /// them. Code that compares a version with the one before it does so right away; a watcher that resumes later sends
    /// bytes, or decodes them again. Notes of the versions that replaced them who uses their trees from now on.
    ///
    /// - Returns: whether there are more.
    func releaseTrees(through end: Int64, limit: Int) -> Bool {
        let (events, isDone) = published.withLock { $0.events(after: \.treesReleased, through: end, limit: limit) }
        for event in events {
            event.previous?.releaseTree()
            if event.isDeletion { event.object.releaseTree() } else { event.object.ageTree() }
        }
        return !isDone
    }

    /// The second look at the versions that were written up to the revision: the trees that nobody has used since the
    /// first are given up. After a burst, hardly any are needed, and as long as they stay they spread what else is
    /// allocated over all the memory that they take.
    ///
    /// - Returns: whether there are more.
    func dropUnusedTrees(through end: Int64, limit: Int) -> Bool {
        let (events, isDone) = published.withLock { $0.events(after: \.treesAged, through: end, limit: limit) }
        for event in events where !event.isDeletion { event.object.ageTree() }
        return !isDone
    }

    /// The revision that history must be cut to so that no more than `limit` is left; nil while it is within the limit.
    func revisionBeyond(_ limit: HistoryExtent) -> Int64? {
        published.withLock { state in
            var rest = state.extent
            guard rest.exceeds(limit) else { return nil }
            for commit in state.commits {
                rest -= commit.extent
                if !rest.exceeds(limit) { return commit.revision }
            }
            return state.snapshot.revision
        }
    }

    /// The size of the history.
    var historyExtent: HistoryExtent { published.withLock { $0.extent } }

    /// Figures for `/metrics`.
    package var statistics: StoreStatistics {
        let (revision, compacted, extent, objects) = published.withLock { state in
            (
                state.snapshot.revision, state.compactedRevision, state.extent,
                state.snapshot.indexes.mapValues(\.count)
            )
        }
        return StoreStatistics(
            revision: revision, compactedRevision: compacted, historyEvents: extent.events,
            historyBytes: extent.bytes, objects: objects,
            watchers: subscriptions.count)
    }
}

/// Sizes and counts of a store.
package struct StoreStatistics: Sendable {
    package let revision: Int64
    package let compactedRevision: Int64
    package let historyEvents: Int
    /// Bytes of documents that only history holds.
    package let historyBytes: Int
    package let objects: [GroupResource: Int]
    package let watchers: Int
}

extension Snapshot {
    /// Applies an operation; nil if it changes nothing.
    fileprivate mutating func carryOut(_ operation: Transaction.Operation, at revision: Int64) -> StoreEvent? {
        switch operation {
        case .put(let key, let document):
            let (previous, object) = put(key) { previous in
                StoredObject(
                    key: key, document: document, revision: revision,
                    createRevision: previous?.createRevision ?? revision)
            }
            return StoreEvent(revision: revision, object: object, previous: previous, isDeletion: false)
        case .delete(let key):
            guard let previous = remove(key) else { return nil }
            return StoreEvent(
                revision: revision, object: previous.restamped(revision: revision), previous: previous,
                isDeletion: true)
        }
    }
}

extension StoreEvent {
    /// An event from the engine's history. Versions are shared: with the snapshot, and with the event before.
    fileprivate convenience init?(_ event: EngineEvent, current: StoredObject?, before: StoredObject?) {
        func shared(_ version: EngineVersion) -> StoredObject {
            if let before, before.revision == version.revision { return before }
            if let current, current.revision == version.revision { return current }
            return version.object
        }
        let previous = event.previous.map(shared)
        if let version = event.version {
            self.init(revision: event.revision, object: shared(version), previous: previous, isDeletion: false)
        } else {
            guard let previous else { return nil }
            self.init(
                revision: event.revision, object: previous.restamped(revision: event.revision), previous: previous,
                isDeletion: true)
        }
    }
}
