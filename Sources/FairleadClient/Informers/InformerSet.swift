package import FairleadModel
import Synchronization

/// The informers of a process: one per resource, shared by all controllers.
package final class InformerSet: Sendable {
    private struct State {
        var informers: [GroupVersionResource: Informer] = [:]
        /// When each informer was created, on the clock's scale.
        var made: [GroupVersionResource: Duration] = [:]
        /// Created, but not yet running.
        var waiting: [Informer] = []
    }

    package let client: any ObjectClient
    private let clock: any DelayClock
    private let state = Mutex(State())
    private let added = Signal()

    package init(client: any ObjectClient, clock: any DelayClock = SystemDelayClock()) {
        self.client = client
        self.clock = clock
    }

    /// The informer of the resource, created on first use; it starts at once if `run` is running.
    package func informer(_ resource: GroupVersionResource) -> Informer {
        let (informer, isNew) = state.withLock { state -> (Informer, Bool) in
            if let informer = state.informers[resource] { return (informer, false) }
            let informer = Informer(client: client, resource: resource, clock: clock)
            state.informers[resource] = informer
            state.made[resource] = clock.now
            state.waiting.append(informer)
            return (informer, true)
        }
        if isNew { added.raise() }
        return informer
    }

    package func lister(_ resource: GroupVersionResource) -> Lister { informer(resource).lister }

    /// The informer of the resource, if somebody has already asked for it.
    package func existing(_ resource: GroupVersionResource) -> Informer? { state.withLock { $0.informers[resource] } }

    /// Stops the informer of a resource that no longer exists. The next request for it creates a new one.
    package func stop(_ resource: GroupVersionResource) {
        let informer = state.withLock { state in
            state.waiting.removeAll { $0.resource == resource }
            state.made[resource] = nil
            return state.informers.removeValue(forKey: resource)
        }
        informer?.stop()
    }

    /// Runs all informers until the task is cancelled. Call once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let starting = state.withLock { state -> [Informer] in
                    defer { state.waiting = [] }
                    return state.waiting
                }
                for informer in starting { group.addTask { await informer.run() } }
                await added.wait()
            }
        }
    }

    /// The resources whose informers were created longer ago than this and have not yet received their first list.
    package func unsynced(after patience: Duration) -> [GroupVersionResource] {
        let latest = clock.now - patience
        let old = state.withLock { state in
            state.informers.values.filter { state.made[$0.resource, default: .zero] < latest }
        }
        return old.filter { !$0.hasSynced }.map(\.resource)
    }

    /// Returns when all informers created so far have received their first lists, or when the task is cancelled.
    package func waitForSync() async {
        let informers = state.withLock { Array($0.informers.values) }
        for informer in informers { await informer.waitForSync() }
    }

    /// The same for the given resources; creates their informers if need be.
    package func waitForSync(_ resources: GroupVersionResource...) async {
        for resource in resources { await informer(resource).waitForSync() }
    }
}
