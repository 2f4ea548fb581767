package import FairleadClient
import FairleadModel

/// Keeps as many pods as each ReplicaSet asks for.
package enum ReplicaSetController {
    package static let descriptor = ControllerDescriptor("replicaset-controller", alias: "replicaset", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let sets = setup.watch(.replicaSets)
        let pods = setup.watch(.pods)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: sets)
        let tracker = PodTracker(ownerKind: "ReplicaSet", owners: sets.lister, clock: setup.clock)
        let worker = ReplicaSetWorker(
            client: setup.client, sets: sets.lister, pods: pods.lister, tracker: tracker, recorder: setup.recorder(),
            now: setup.now)
        setup.map(sets) { tracker.observe(owner: $0) }
        setup.map(pods) { tracker.observe($0) }
        return { try await worker.reconcile($0) }
    }
}
