import FairleadModel
import Synchronization

/// A store whose engine is shared: what it has comes from the engine's feed.
extension Store {
    /// Whether other processes may change what is stored.
    package var isShared: Bool { freshness != nil }

    /// Waits until the store has everything that was answered by any process before the call.
    ///
    /// - Throws: `.io` if the engine cannot be asked, or its feed is behind for `timeout`.
    package func catchUp(timeout: Duration = .seconds(3)) async throws(StorageError) {
        guard let freshness else { return }
        let revision = try await freshness.latest().get()
        if await waitUntil(revision: revision, timeout: .milliseconds(250)) { return }
        freshness.engine.hastenFeed()
        guard await waitUntil(revision: revision, timeout: timeout) else {
            throw .io("this replica is behind the store: it has not seen revision \(revision) yet")
        }
    }

    /// What the engine's feed is to call.
    func follower() -> EngineFollower {
        EngineFollower(
            advance: { [weak self] changes, revision in self?.advance(changes, to: revision) },
            reset: { [weak self] state in self?.reset(to: state) },
            report: { [weak self] problem in
                guard let faults = self?.faults else { return }
                if let problem { faults.note(.feed, problem) } else { faults.clear(.feed) }
            })
    }

    /// Publishes changes that the feed has delivered, in one step.
    private func advance(_ changes: [EngineChange], to revision: Int64) {
        var snapshot = current
        guard revision > snapshot.revision else { return }
        var events: [StoreEvent] = []
        for change in changes where change.revision > snapshot.revision {
            if let event = snapshot.apply(change) { events.append(event) }
        }
        snapshot.revision = revision
        publish(snapshot, events)
    }

    /// Begins anew: nobody can be told what has changed in between, so every watcher has to list again.
    private func reset(to state: EngineState) {
        publish(Snapshot(state), compactedRevision: state.compactedRevision)
    }

    /// Calls `body` when the revision has been published, with true, or with false when `patience` is at its end.
    func whenReached(_ revision: Int64, patience: Duration, _ body: @escaping @Sendable (Bool) -> Void) {
        if current.revision >= revision || !enqueue(revision, patience: patience, body) { body(true) }
    }

    /// The outcome of a transaction that has been published at the revision.
    func outcome(of transaction: Transaction, at revision: Int64) -> CommitResult {
        let snapshot = current
        let objects = transaction.operations.compactMap { operation -> StoredObject? in
            if let event = event(of: operation.key, at: revision) { return event.object }
            // History has been cut already.
            guard case .put(let key, let document) = operation else { return nil }
            let created = snapshot.object(key)?.createRevision ?? revision
            return StoredObject(
                key: key, document: document, revision: revision, createRevision: min(created, revision))
        }
        return CommitResult(revision: revision, objects: objects)
    }
}

extension Snapshot {
    /// Applies a change of the feed; nil if nobody sees a difference.
    fileprivate mutating func apply(_ change: EngineChange) -> StoreEvent? {
        switch change.content {
        case .version(let version):
            let (previous, object) = put(change.key) { _ in version.object }
            return StoreEvent(revision: change.revision, object: object, previous: previous, isDeletion: false)
        case .deletion, .damage:
            let previous = remove(change.key)
            if case .damage(let damage) = change.content { damaged[change.key] = damage }
            guard let previous else { return nil }
            return StoreEvent(
                revision: change.revision, object: previous.restamped(revision: change.revision), previous: previous,
                isDeletion: true)
        }
    }
}

/// Asks a shared engine for its latest revision, for many readers at a time.
///
/// An answer holds only for those who asked before the question was sent: who comes later shares the next question.
final class Freshness: Sendable {
    private struct State {
        var isAsking = false
        var waiting: [CheckedContinuation<Result<Int64, StorageError>, Never>] = []
    }

    let engine: any SharedEngine
    private let state = Mutex(State())

    init(engine: any SharedEngine) { self.engine = engine }

    func latest() async -> Result<Int64, StorageError> {
        await withCheckedContinuation { continuation in
            let mustAsk = state.withLock { state in
                state.waiting.append(continuation)
                defer { state.isAsking = true }
                return !state.isAsking
            }
            if mustAsk { ask() }
        }
    }

    private func ask() {
        let asking = state.withLock { exchange(&$0.waiting, with: []) }
        engine.askRevision { result in
            for continuation in asking { continuation.resume(returning: result) }
            let mustAsk = self.state.withLock { state in
                state.isAsking = !state.waiting.isEmpty
                return state.isAsking
            }
            if mustAsk { self.ask() }
        }
    }
}
