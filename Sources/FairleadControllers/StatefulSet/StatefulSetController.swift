package import FairleadClient
import FairleadModel

/// Maintains numbered pods with stable names.
package enum StatefulSetController {
    package static let descriptor = ControllerDescriptor("statefulset-controller", alias: "statefulset", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let sets = setup.watch(.statefulSets) { [$0.name] }
        let pods = setup.watch(.pods)
        let revisions = setup.watch(.controllerRevisions)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: revisions)
        let tracker = PodTracker(ownerKind: "StatefulSet", owners: sets.lister, clock: setup.clock)
        setup.map(pods) { tracker.observe($0) }
        let worker = StatefulSetWorker(
            client: setup.client, sets: sets.lister, pods: pods.lister, revisions: revisions.lister,
            recorder: setup.recorder(), now: setup.now)
        return { try await worker.reconcile($0) }
    }
}
