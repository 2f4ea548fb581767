import FairleadModel
import FairleadStorage
import Synchronization

/// A followed log: what there is, then nothing more until the pod is gone.
final class PodLogStream: EventStream {
    private struct State {
        var pending: [UInt8]
        var hasEnded = false
        var subscription: Subscription?
    }

    private let key: ObjectKey
    private let createRevision: Int64?
    private let store: Store
    private let state: Mutex<State>

    init(lines: [String], key: ObjectKey, store: Store) {
        self.key = key
        self.store = store
        createRevision = store.current.object(key)?.createRevision
        state = Mutex(State(pending: Array(lines.map { $0 + "\n" }.joined().utf8)))
    }

    func onWake(_ wake: @escaping @Sendable () -> Void) {
        let subscription = store.subscribe(key.resource, wake: wake)
        let isTooLate = state.withLock { state in
            if !state.hasEnded { state.subscription = subscription }
            return state.hasEnded
        }
        if isTooLate { subscription.cancel() }
    }

    func pull(maximumBytes: Int) -> StreamStep {
        // Another pod with the same name is not the followed one.
        let now = store.current.object(key)?.createRevision
        let isGone = now == nil || now != createRevision
        return state.withLock { state in
            let bytes = state.pending
            state.pending = []
            if isGone || state.hasEnded { return .end(bytes.isEmpty ? [] : [bytes]) }
            return bytes.isEmpty ? .wait : .data([bytes])
        }
    }

    var deadline: SuspendingClock.Instant? { nil }

    func cancel() {
        let subscription = state.withLock { state in
            defer { state.subscription = nil }
            state.hasEnded = true
            return state.subscription
        }
        subscription?.cancel()
    }
}
