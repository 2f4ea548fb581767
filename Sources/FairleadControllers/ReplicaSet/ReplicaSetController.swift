package import FairleadClient
import FairleadModel

/// Keeps as many pods as each ReplicaSet asks for.
package enum ReplicaSetController {
    package static let descriptor = ControllerDescriptor("replicaset-controller", alias: "replicaset", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        reconcile(.replicaSet, setup, setup.recorder())
    }

    /// The same for ReplicationControllers.
    package static let older = ControllerDescriptor(
        "replicationcontroller-controller", alias: "replicationcontroller", workers: 5
    ) { (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        reconcile(.replicationController, setup, setup.recorder(component: "replication-controller"))
    }

    private static func reconcile(
        _ kind: PodSetKind, _ setup: ControllerSetup<ObjectName>, _ recorder: EventRecorder
    ) -> Reconcile<ObjectName> {
        let sets = setup.watch(kind.resource)
        let pods = setup.watch(.pods)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: sets)
        let tracker = PodTracker(ownerKind: kind.name, owners: sets.lister, clock: setup.clock)
        let worker = ReplicaSetWorker(
            kind: kind, client: setup.client, sets: sets.lister, pods: pods.lister, tracker: tracker,
            recorder: recorder, now: setup.now)
        setup.map(sets) { tracker.observe(owner: $0) }
        setup.map(pods) { tracker.observe($0) }
        return { try await worker.reconcile($0) }
    }
}
