package import FairleadClient
import FairleadModel

/// Keeps as many pods as each ReplicaSet asks for.
package enum ReplicaSetController {
    package static let descriptor = ControllerDescriptor("replicaset-controller", alias: "replicaset", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        make(setup, .replicaSet, recorder: setup.recorder())
    }

    /// The whole controller, which is the same for both kinds of sets.
    static func make(
        _ setup: ControllerSetup<ObjectName>, _ kind: PodSetKind, recorder: EventRecorder
    ) -> @Sendable (ObjectName) async throws -> ReconcileResult {
        let sets = setup.watch(kind.resource)
        let pods = setup.watch(.pods)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: sets)
        let tracker = PodTracker(ownerKind: kind.name, owners: sets.lister, clock: setup.clock)
        let worker = ReplicaSetWorker(
            client: setup.client, kind: kind, sets: sets.lister, pods: pods.lister, tracker: tracker,
            recorder: recorder, now: setup.now)
        setup.map(sets) { tracker.observe(owner: $0) }
        // Pods that become ready one by one, and those of a burst that is still on its way, are counted together: each
        // look counts all pods of the set, though it examines only those that have changed, and may write a status.
        let pacer = ChangePacer<ObjectName>(clock: setup.clock, least: .microseconds(20))
        setup.map(
            pods, pacedBy: pacer,
            where: { change, key in change.old != nil && change.new != nil || !tracker.isUpToDate(key) }
        ) { tracker.observe($0) }
        return { key in
            let owned = { () -> Int in
                guard let set = sets.lister.get(key) else { return 0 }
                return pods.lister.indexed(OwnershipIndex.controllerUID, set.value.uid).count
            }
            return try await pacer.pace(key, items: owned) { try await worker.reconcile(key) }
        }
    }
}

/// Keeps as many pods as each ReplicationController asks for, just as for ReplicaSets, which succeeded them.
package enum ReplicationControllerController {
    package static let descriptor = ControllerDescriptor(
        "replicationcontroller-controller", alias: "replicationcontroller", workers: 5
    ) { (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        ReplicaSetController.make(
            setup, .replicationController, recorder: setup.recorder(component: "replication-controller"))
    }
}
