import DequeModule
package import FairleadModel
import Synchronization

/// A shared, up-to-date cache of one resource.
///
/// Guarantees:
/// - objects are shared with the server's cache: nothing is copied or decoded again;
/// - a handler sees each change once, in revision order, and never two at a time; the lister already reflects every
///   change that a handler sees (and may be ahead);
/// - a handler that is added later first receives an addition for every existing object;
/// - deletions that were missed are reported after a relist.
///
/// A handler must not block or wait: it maps the change to keys and adds them to a queue.
package final class Informer: Sendable {
    package typealias Handler = @Sendable (ObjectChange) -> Void

    private struct Delivery {
        var handlers: [Handler]
        var changes: [ObjectChange]
        /// Whether waiters for the first list may continue after this delivery.
        var completesSync = false
    }

    private struct State {
        var cache = InformerCache()
        var handlers: [Handler] = []
        var deliveries: Deque<Delivery> = []
        var isDelivering = false
        var isListed = false
        var waiters: [Signal] = []
    }

    package let resource: GroupVersionResource
    private let client: any ObjectClient
    private let clock: any DelayClock
    private let state = Mutex(State())
    /// Outside of the state: health checks must not wait while a large object is being indexed.
    private let synced = Atomic(false)
    private let stopping = Signal()

    package init(
        client: any ObjectClient, resource: GroupVersionResource, clock: any DelayClock = SystemDelayClock()
    ) {
        self.client = client
        self.resource = resource
        self.clock = clock
    }

    package var lister: Lister { Lister(informer: self) }

    /// Calls the handler for an addition of each existing object, then for every change from now on.
    package func addHandler(_ handler: @escaping Handler) {
        state.withLock { state in
            state.handlers.append(handler)
            let present = state.cache.objects(in: nil).map { ObjectChange(old: nil, new: $0) }
            if !present.isEmpty { state.deliveries.append(Delivery(handlers: [handler], changes: present)) }
        }
        deliver()
    }

    /// Adds an index for `lister.indexed(name, key)`: `function` returns the keys of an object. An existing index with
    /// this name is kept: users of a shared informer must agree on what a name means.
    package func addIndex(_ name: String, _ function: @escaping @Sendable (StoredObject) -> [String]) {
        state.withLock { state in
            if !state.cache.hasIndex(name) { state.cache.addIndex(name, function) }
        }
    }

    /// Lists and watches until the task is cancelled or the informer is stopped.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.follow() }
            group.addTask { await self.stopping.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Ends `run`. The lister keeps its objects.
    package func stop() { stopping.raise() }

    private func follow() async {
        let sink = Reflector.Sink(
            replace: { [self] in replace($0) },
            apply: { [self] in apply($0) })
        await Reflector(client: client, resource: resource, sink: sink, clock: clock).run()
    }

    /// Returns when the handlers have received the whole first list, or when the task is cancelled.
    package func waitForSync() async {
        let signal = state.withLock { state -> Signal? in
            if hasSynced { return nil }
            let signal = Signal()
            state.waiters.append(signal)
            return signal
        }
        while let signal, !hasSynced, !Task.isCancelled { await signal.wait() }
    }

    var hasSynced: Bool { synced.load(ordering: .acquiring) }

    func read<Result: Sendable>(_ body: (InformerCache) -> Result) -> Result { state.withLock { body($0.cache) } }

    private func replace(_ list: ObjectList) {
        state.withLock { state in
            let changes = state.cache.replace(list.objects)
            state.deliveries.append(
                Delivery(handlers: state.handlers, changes: changes, completesSync: !state.isListed))
            state.isListed = true
        }
        deliver()
    }

    private func apply(_ events: [WatchEvent]) {
        state.withLock { state in
            var changes: [ObjectChange] = []
            changes.reserveCapacity(events.count)
            for event in events {
                guard let object = event.object else { continue }
                let change: ObjectChange?
                switch event.kind {
                case .added, .modified: change = state.cache.put(object)
                case .deleted: change = state.cache.remove(object.key, final: object)
                case .bookmark: change = nil
                }
                if let change { changes.append(change) }
            }
            if !changes.isEmpty {
                state.deliveries.append(Delivery(handlers: state.handlers, changes: changes))
            }
        }
        deliver()
    }

    /// Calls handlers in order, outside the lock. If nobody is delivering at the moment, the caller delivers everything
    /// queued.
    private func deliver() {
        while true {
            let next = state.withLock { state -> Delivery? in
                if state.isDelivering { return nil }
                guard let next = state.deliveries.popFirst() else { return nil }
                state.isDelivering = true
                return next
            }
            guard let next else { return }
            for change in next.changes {
                for handler in next.handlers { handler(change) }
            }
            let waiters = state.withLock { state -> [Signal] in
                state.isDelivering = false
                guard next.completesSync else { return [] }
                synced.store(true, ordering: .releasing)
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.raise() }
        }
    }
}
