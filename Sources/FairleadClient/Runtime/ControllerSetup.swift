package import FairleadModel
import Synchronization

/// How a controller declares, while it is being created, what it watches.
///
/// Everything declared here starts and ends with the controller. Handlers map changes to keys and must not wait; an
/// informer that already has its list calls a new handler at once for the existing objects.
package final class ControllerSetup<Key: Hashable & Sendable>: Sendable {
    private struct Parts {
        var watched: [Informer] = []
        var companions: [@Sendable () async -> Void] = []
        var first: [@Sendable () -> [Key]] = []
    }

    /// The controller's name.
    package let name: String
    package let context: ControllerContext
    /// For keys that come neither from a change nor from a result.
    package let queue: WorkQueue<Key>
    private let parts = Mutex(Parts())

    init(_ name: String, context: ControllerContext, backoff: Backoff) {
        self.name = name
        self.context = context
        queue = WorkQueue(clock: context.clock, backoff: backoff, metrics: context.metrics.metrics(of: name))
    }

    package var client: any ObjectClient { context.client }
    package var informers: InformerSet { context.informers }
    package var clock: any DelayClock { context.clock }
    /// The wall clock, for times that are shown.
    package var now: @Sendable () -> Timestamp { context.environment.now }

    /// The shared informer of the resource. Workers start once it has received its first list.
    @discardableResult
    package func watch(_ resource: GroupVersionResource) -> Informer {
        let informer = context.informers.informer(resource)
        parts.withLock { parts in
            if !parts.watched.contains(where: { $0 === informer }) { parts.watched.append(informer) }
        }
        return informer
    }

    /// The same; each change adds these keys to the queue.
    @discardableResult
    package func watch(
        _ resource: GroupVersionResource, _ keys: @escaping @Sendable (ObjectChange) -> [Key]
    ) -> Informer {
        let informer = watch(resource)
        map(informer, keys)
        return informer
    }

    /// Each change that the informer sees adds these keys to the queue, at once or after a delay. Workers do not wait
    /// for its first list.
    package func map(
        _ informer: Informer, after delay: Duration = .zero, _ keys: @escaping @Sendable (ObjectChange) -> [Key]
    ) {
        informer.addHandler { [queue] change in
            for key in keys(change) { queue.addAfter(key, delay) }
        }
    }

    /// The same; a change waits as long as the pacer says for its key.
    package func map(
        _ informer: Informer, pacedBy pacer: ChangePacer<Key>, _ keys: @escaping @Sendable (ObjectChange) -> [Key]
    ) {
        map(informer, pacedBy: pacer, where: { _, _ in true }, keys)
    }

    /// The same; only what `isPaced` says waits, everything else is looked at at once.
    package func map(
        _ informer: Informer, pacedBy pacer: ChangePacer<Key>,
        where isPaced: @escaping @Sendable (ObjectChange, Key) -> Bool,
        _ keys: @escaping @Sendable (ObjectChange) -> [Key]
    ) {
        informer.addHandler { [queue] change in
            for key in keys(change) { queue.addAfter(key, isPaced(change, key) ? pacer.delay(of: key) : .zero) }
        }
    }

    /// A recorder that writes events for as long as the controller runs.
    /// - Parameter component: `source.component`, if it is not the controller's name.
    package func recorder(component: String? = nil) -> EventRecorder {
        let recorder = EventRecorder(
            client: client, component: component ?? name, environment: context.environment, clock: clock)
        runAlongside { await recorder.run() }
        return recorder
    }

    /// Runs alongside the workers, from the start of the controller, and is cancelled with them.
    package func runAlongside(_ work: @escaping @Sendable () async -> Void) {
        parts.withLock { $0.companions.append(work) }
    }

    /// Called when the first lists are complete, before the workers start: these keys are reconciled whatever has
    /// changed.
    package func begin(with keys: @escaping @Sendable () -> [Key]) { parts.withLock { $0.first.append(keys) } }

    func makeController(workers: Int, reconcile: @escaping Reconcile<Key>) -> some Controller {
        let parts = parts.withLock { $0 }
        return ControllerRuntime(
            informers: parts.watched, companions: parts.companions, first: parts.first, queue: queue,
            runner: ControllerRunner(name: name, workers: workers, queue: queue, reconcile: reconcile))
    }
}

/// Brings the cluster closer to the state that this key's object specifies. Throws to be called again later.
package typealias Reconcile<Key> = @Sendable (Key) async throws -> ReconcileResult
