package import FairleadClient
import FairleadModel

/// Maintains numbered pods with stable names.
package enum StatefulSetController {
    static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")

    package static let descriptor = ControllerDescriptor("statefulset-controller", alias: "statefulset", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let sets = setup.watch(.statefulSets) { [$0.name] }
        let pods = setup.watch(.pods)
        let revisions = setup.watch(.controllerRevisions)
        let storedClaims = setup.watch(Self.claims)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: revisions)
        let tracker = PodTracker(ownerKind: "StatefulSet", owners: sets.lister, clock: setup.clock)
        setup.map(pods) { tracker.observe($0) }
        let worker = StatefulSetWorker(
            client: setup.client, sets: sets.lister, pods: pods.lister, revisions: revisions.lister,
            claims: storedClaims.lister, recorder: setup.recorder(), now: setup.now)
        return { try await worker.reconcile($0) }
    }
}
