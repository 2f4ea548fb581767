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
        var topics: [GroupResource: TopicIndex] = [:]
        /// The number of the first event of a new ring. Only grows: a cursor below it has missed something.
        var ringStart = 0
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

        mutating func append(_ event: StoreEvent, topics values: [String]? = nil) {
            let resource = event.object.key.resource
            rings[resource, default: EventRing(base: ringStart)].append(event)
            if let values, let ring = rings[resource] { topics[resource]?.append(ring.end - 1, values) }
            let one = HistoryExtent(events: 1, bytes: event.historyBytes)
            extent += one
            if let last = commits.indices.last, commits[last].revision == event.revision {
                commits[last].extent += one
            } else {
                commits.append((event.revision, one))
            }
        }

        mutating func wait(
            for revision: Int64, until deadline: SuspendingClock.Instant?, _ resume: @escaping @Sendable (Bool) -> Void
        ) -> Int {
            nextWaiter += 1
            waiters[nextWaiter] = Waiter(revision: revision, deadline: deadline, resume: resume)
            return nextWaiter
        }

        /// What waits for the current revision.
        mutating func takeDueWaiters() -> [@Sendable (Bool) -> Void] {
            let due = waiters.filter { $0.value.revision <= snapshot.revision }
            for number in due.keys { waiters[number] = nil }
            return due.values.map(\.resume)
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
        /// When to stop waiting; nil if the one who waits sees to that.
        var deadline: SuspendingClock.Instant?
        /// Called with whether the revision has been reached.
        var resume: @Sendable (Bool) -> Void
    }

    private let options: StoreOptions
    private let writer: StoreWriter
    private let published: Mutex<Published>
    private let subscriptions = Subscriptions()
    private let past = Mutex(PastIndexes())
    /// How many operations, and how many conditions, a transaction may have.
    package let maximumOperations: Int
    /// What asks a shared engine for its revision; nil if nobody else writes.
    let freshness: Freshness?
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
        if let shared = engine as? any SharedEngine { shared.follow(store.follower()) }
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
        for resource in options.topics.keys {
            published.topics[resource] = TopicIndex(start: published.rings[resource]?.end ?? 0)
        }
        self.published = Mutex(published)
        self.options = options
        maximumOperations = engine.maximumOperations
        freshness = (engine as? any SharedEngine).map(Freshness.init)
        writer = StoreWriter(engine: engine, options: options)
        subscriptions.onUnfollow { [weak self] key in
            guard let topic = key.topic else { return }
            self?.published.withLock { $0.topics[key.resource]?.unfollow(topic) }
        }
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
            return state.wait(for: revision, until: nil) { _ in signal.continuation.finish() }
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

    /// Remembers to call `body` when the revision is reached, or `patience` is at its end.
    /// - Returns: false if it has been reached already; `body` is not called then.
    func enqueue(_ revision: Int64, patience: Duration, _ body: @escaping @Sendable (Bool) -> Void) -> Bool {
        published.withLock { state in
            guard state.snapshot.revision < revision else { return false }
            _ = state.wait(for: revision, until: .now + patience, body)
            return true
        }
    }

    /// Gives up what has waited too long. Called by the writer from time to time.
    func endLateWaits() {
        let now = SuspendingClock.now
        let late = published.withLock { state in
            let late = state.waiters.filter { $0.value.deadline.map { $0 < now } ?? false }
            for number in late.keys { state.waiters[number] = nil }
            return late.values.map(\.resume)
        }
        for resume in late { resume(false) }
    }

    // MARK: - watching

    /// The field by which watches of the resource are told apart; nil if there is none.
    package func topicField(of resource: GroupResource) -> String? { options.topics[resource]?.field }

    /// A cursor that returns every event of the resource after `revision`.
    ///
    /// - Parameter topic: Of a resource with a topic, only events of objects that have or had this value need to be
    ///   returned. Once the cursor is followed by `subscribe` with the same value, others do not make it too old.
    /// - Throws: `.expired` if some of them are gone, `.future` for a revision that has not been reached yet.
    package func watch(
        _ resource: GroupResource, topic: String? = nil, after revision: Int64
    ) throws(StorageError) -> WatchCursor {
        try published.withLock { (state) throws(StorageError) in
            if revision < state.compactedRevision {
                throw .expired(requested: revision, oldest: state.compactedRevision)
            }
            if revision > state.snapshot.revision {
                throw .future(requested: revision, current: state.snapshot.revision)
            }
            let next = state.rings[resource]?.firstIndex(after: revision) ?? state.ringStart
            return WatchCursor(store: self, resource: resource, topic: topic, next: next, upTo: revision)
        }
    }

    /// The events from `next` on, which becomes the number of the first one that the batch does not cover.
    func read(_ cursor: WatchCursor, maximum: Int, _ next: inout Int) throws(StorageError) -> WatchBatch {
        let index = next
        let (batch, end) = try published.withLock { (state) throws(StorageError) -> (WatchBatch, Int) in
            guard let ring = state.rings[cursor.resource] else {
                if index < state.ringStart {
                    throw .expired(requested: cursor.upTo, oldest: state.compactedRevision)
                }
                return (WatchBatch(events: [], upTo: state.snapshot.revision, atEnd: true), index)
            }
            let topics = cursor.topic.flatMap { topic in state.topics[cursor.resource].map { (topic, $0) } }
            let isLost = topics?.1.isLost(index, of: topics?.0 ?? "", base: ring.base) ?? (index < ring.base)
            if isLost { throw .expired(requested: cursor.upTo, oldest: state.compactedRevision) }
            let events: [StoreEvent]
            var end: Int
            if let (topic, positions) = topics, index >= positions.start {
                let numbers = positions.numbers(of: topic, from: index)
                events = ring.events(numbers, maximum: maximum)
                end = events.count < numbers.count ? numbers[numbers.startIndex + events.count] : ring.end
            } else {
                events = ring.slice(from: index, maximum: maximum)
                end = index + events.count
            }
            let atEnd = end >= ring.end
            if atEnd { end = ring.end }
            let upTo = atEnd ? state.snapshot.revision : events.last?.revision ?? cursor.upTo
            return (WatchBatch(events: events, upTo: upTo, atEnd: atEnd), end)
        }
        next = end
        return batch
    }

    /// Calls `wake` after each publication that changed the resource, on the writer's thread and with no locks held; it
    /// must not block.
    ///
    /// - Parameter topic: Wakes only for events of objects that have or had this value.
    package func subscribe(
        _ resource: GroupResource, topic: String? = nil, wake: @escaping @Sendable () -> Void
    ) -> Subscription {
        guard let topic, options.topics[resource] != nil else { return subscriptions.add(resource, nil, wake) }
        published.withLock { state in
            let base = state.rings[resource]?.base ?? 0
            state.topics[resource]?.follow(topic, base: base)
        }
        return subscriptions.add(resource, topic, wake)
    }

    // MARK: - writing

    /// Carries out a transaction; it is durable and published when this returns.
    ///
    /// - Throws: `.conflict` with the key and its current version, `.tooDeep`, `.tooLarge`, `.spaceExceeded`, `.io`,
    ///   `.closed`.
    package func commit(_ transaction: Transaction) async throws(StorageError) -> CommitResult {
        try checkBounds(of: transaction)
        if isShared, let fence = StoreFence.condition { return try await commit(transaction, behind: fence) }
        return try await submit(transaction)
    }

    private func commit(
        _ transaction: Transaction, behind fence: Transaction.Condition
    ) async throws(StorageError) -> CommitResult {
        var fenced = transaction
        fenced.conditions.append(fence)
        do throws(StorageError) {
            return try await submit(fenced)
        } catch {
            if case .conflict(let key, _) = error, key == fence.key {
                throw .io("another replica has taken over what this one was doing")
            }
            throw error
        }
    }

    private func submit(_ transaction: Transaction) async throws(StorageError) -> CommitResult {
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
        publish(snapshot, events)
        return results
    }

    /// Makes a state and the events that led to it visible in one step.
    func publish(_ snapshot: Snapshot, _ events: [StoreEvent]) {
        let topics = events.map { options.topics[$0.object.key.resource]?.values(of: $0) }
        let (waiters, replaced) = published.withLock { state in
            let replaced = state.snapshot
            state.snapshot = snapshot
            for (event, values) in zip(events, topics) { state.append(event, topics: values) }
            // Returned, so that it is freed outside the lock, where no reader waits for it.
            return (state.takeDueWaiters(), replaced)
        }
        _ = consume replaced
        for resume in waiters { resume(true) }
        if !events.isEmpty {
            var changed = Set(events.map { Subscriptions.Key(resource: $0.object.key.resource) })
            for (event, values) in zip(events, topics) {
                for value in values ?? [] {
                    changed.insert(Subscriptions.Key(resource: event.object.key.resource, topic: value))
                }
            }
            subscriptions.wake(changed)
        }
    }

    /// Makes a state visible whose history is not known: every cursor has expired.
    func publish(_ snapshot: Snapshot, compactedRevision: Int64) {
        let (waiters, replaced, rings) = published.withLock { state in
            let (replaced, rings) = (state.snapshot, state.rings)
            state.ringStart = (state.rings.values.map(\.end).max() ?? state.ringStart) + 1
            state.rings = [:]
            for resource in state.topics.keys { state.topics[resource]?.reset(to: state.ringStart) }
            state.commits = []
            state.extent = HistoryExtent()
            state.snapshot = snapshot
            state.compactedRevision = max(state.compactedRevision, compactedRevision)
            return (state.takeDueWaiters(), replaced, rings)
        }
        let resources = Set(replaced.resources).union(snapshot.resources)
        _ = consume replaced
        _ = consume rings
        past.withLock { $0.drop(before: compactedRevision) }
        for resume in waiters { resume(true) }
        subscriptions.wakeAll(of: resources)
    }

    /// What a published transaction did to a key; nil if that is no longer in history.
    func event(of key: ObjectKey, at revision: Int64) -> StoreEvent? {
        published.withLock { state in
            guard let ring = state.rings[key.resource], ring.count > 0 else { return nil }
            return ring.slice(from: ring.firstIndex(after: revision -| 1), maximum: 1)
                .first { $0.revision == revision && $0.object.key == key }
        }
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
                if let base = state.rings[resource]?.base { state.topics[resource]?.drop(before: base) }
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
