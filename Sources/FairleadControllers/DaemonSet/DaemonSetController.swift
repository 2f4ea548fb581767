package import FairleadClient
import FairleadModel

/// Keeps a pod on every node that a DaemonSet targets.
package enum DaemonSetController {
    package static let descriptor = ControllerDescriptor("daemonset-controller", alias: "daemonset", workers: 2) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let sets = setup.watch(.daemonSets)
        let pods = setup.watch(.pods)
        let nodes = setup.watch(.nodes)
        let revisions = setup.watch(.controllerRevisions)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: revisions)
        let tracker = PodTracker(ownerKind: "DaemonSet", owners: sets.lister, clock: setup.clock)
        let worker = DaemonSetWorker(
            client: setup.client, sets: sets.lister, pods: pods.lister, nodes: nodes.lister,
            revisions: revisions.lister, tracker: tracker, recorder: setup.recorder(), now: setup.now)
        setup.map(sets) { tracker.observe(owner: $0) }
        setup.map(pods) { tracker.observe($0) }
        let lister = sets.lister
        setup.map(nodes) { change in
            // Heartbeats do not matter here.
            let (old, new) = (change.old?.value, change.new?.value)
            let isSame = old?.labels == new?.labels && old?["spec"] == new?["spec"] && old?.uid == new?.uid
            return isSame ? [] : lister.list().map(\.objectName)
        }
        return { try await worker.reconcile($0) }
    }
}
