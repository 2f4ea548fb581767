package import FairleadClient
package import FairleadModel

/// Deletes what has lost all its owners, and carries out foreground and orphan deletion.
/// `garbage-collector-controller` of Kubernetes.
package final class GarbageCollector: Controller {
    package let name = "garbage-collector-controller"
    private let informers: [Informer]
    private let runner: ControllerRunner<GarbageItem>

    /// - Parameter resources: everything that can own or be owned.
    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment, resources: ManagedResources
    ) {
        let queue = WorkQueue<GarbageItem>()
        let graph = OwnerGraph(resources: resources)
        let worker = GarbageWorker(client: client, graph: graph, queue: queue)
        runner = ControllerRunner(name: name, workers: 8, queue: queue) { item in
            try await worker.reconcile(item)
            return .done
        }
        // Events come and go by the thousand, own nothing and belong to nobody.
        self.informers = resources.all.filter { $0.resource != .events }.map { informers.informer($0.resource) }
        resources.attach { managed, informer in
            if managed.resource == .events { return }
            OwnerGraph.prepare(informer)
            informer.addHandler { change in
                Self.enqueue(change, of: managed.resource, graph: graph, queue: queue)
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }

    /// Most changes concern nobody: only lost owners, lost dependents and pending finalizers do.
    private static func enqueue(
        _ change: ObjectChange, of resource: GroupVersionResource, graph: OwnerGraph, queue: WorkQueue<GarbageItem>
    ) {
        let old = change.old?.value
        let new = change.new?.value
        let item = GarbageItem(resource: resource, name: change.name)
        let before = old?.ownerReferences ?? []
        let after = new?.ownerReferences ?? []
        if let new {
            if GarbageReconciler.isWaiting(new) || GarbageReconciler.isOrphaning(new) { queue.add(item) }
            let isChanged = old?.uid != new.uid || before != after
            if isChanged, after.contains(where: { graph.cachedState(of: $0, namedBy: new.namespace) != .present }) {
                queue.add(item)
            }
        }
        if let old, new?.uid != old.uid {
            for dependent in graph.dependents(of: old.uid) { queue.add(dependent.item) }
        }
        // An owner in foreground deletion waits for dependents to go, to let go, or to stop blocking.
        if let old, before != after {
            for owner in before where graph.cachedState(of: owner, namedBy: old.namespace) == .waiting {
                if let place = graph.place(of: owner, namedBy: old.namespace) { queue.add(place) }
            }
        }
    }
}
