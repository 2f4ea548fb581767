package import FairleadClient
import FairleadModel

/// Deletes objects that have lost all their owners, and carries out foreground and orphan deletion.
package enum GarbageCollector {
    package static let descriptor = ControllerDescriptor(
        "garbage-collector-controller", alias: "garbagecollector", workers: 8
    ) { (setup: ControllerSetup<GarbageItem>, settings: ControllerSettings) in
        let resources = settings.resources
        let graph = OwnerGraph(resources: resources)
        // There are thousands of Events; they own nothing and have no owners.
        for managed in resources.all where managed.resource != .events { setup.watch(managed.resource) }
        resources.attach { managed, informer in
            if managed.resource == .events { return }
            OwnerGraph.prepare(informer)
            setup.map(informer) { Self.items(affectedBy: $0, of: managed.resource, graph) }
        }
        let worker = GarbageWorker(
            client: setup.client, graph: graph, queue: setup.queue, recorder: setup.recorder())
        return { try await worker.reconcile($0) }
    }

    /// Most changes are irrelevant: only lost owners, lost dependents and pending finalizers matter.
    private static func items(
        affectedBy change: ObjectChange, of resource: GroupVersionResource, _ graph: OwnerGraph
    ) -> [GarbageItem] {
        var items: [GarbageItem] = []
        let old = change.old?.value
        let new = change.new?.value
        let item = GarbageItem(resource: resource, name: change.name)
        let before = old?.ownerReferences ?? []
        let after = new?.ownerReferences ?? []
        if let new {
            if GarbageReconciler.isWaiting(new) || GarbageReconciler.isOrphaning(new) { items.append(item) }
            let isChanged = old?.uid != new.uid || before != after
            if isChanged, after.contains(where: { isSuspect($0, namedBy: new.namespace, graph) }) { items.append(item) }
        }
        if let old, new?.uid != old.uid {
            items += graph.dependents(of: old.uid).map(\.item)
        }
        // An owner in foreground deletion waits until its dependents are deleted, drop the reference, or stop blocking.
        if let old, before != after {
            for owner in before where graph.cachedState(of: owner, namedBy: old.namespace) == .waiting {
                if let place = graph.place(of: owner, namedBy: old.namespace) { items.append(place) }
            }
        }
        return items
    }

    /// Whether the owner may be gone, or is one that the object cannot have.
    private static func isSuspect(_ owner: OwnerReference, namedBy namespace: String, _ graph: OwnerGraph) -> Bool {
        graph.isBeyondReach(owner, namedBy: namespace) || graph.cachedState(of: owner, namedBy: namespace) != .present
    }
}
