import FairleadKinds
import FairleadClient
import FairleadModel
import FairleadStorage
import Synchronization

/// An in-process watch: a cursor over the store's history, woken by publications.
final class LoopbackWatch: ObjectWatch {
    private struct State {
        var cursor: WatchCursor
        var isCancelled = false
    }

    private let resource: GroupResource
    private let signal = Signal()
    private let state: Mutex<State>
    private let subscription: Subscription

    init(cursor: WatchCursor, store: Store, resource: GroupResource) {
        self.resource = resource
        state = Mutex(State(cursor: cursor))
        let signal = signal
        subscription = store.subscribe(resource) { signal.raise() }
    }

    deinit { subscription.cancel() }

    func next() async throws(APIStatus) -> [WatchEvent] {
        while !Task.isCancelled {
            let events = try take()
            guard let events else { return [] }
            if !events.isEmpty { return events }
            await signal.wait()
        }
        return []
    }

    /// nil if the watch was cancelled.
    private func take() throws(APIStatus) -> [WatchEvent]? {
        try state.withLock { (state) throws(APIStatus) -> [WatchEvent]? in
            if state.isCancelled { return nil }
            do throws(StorageError) {
                let batch = try state.cursor.next(maximum: 512)
                return batch.events.map { event in
                    let kind: WatchEvent.Kind =
                        event.isDeletion ? .deleted : event.previous == nil ? .added : .modified
                    return WatchEvent(kind: kind, object: event.object, revision: event.revision)
                }
            } catch {
                throw error.status(resource, name: "")
            }
        }
    }

    func cancel() {
        subscription.cancel()
        state.withLock { $0.isCancelled = true }
        signal.raise()
    }
}
