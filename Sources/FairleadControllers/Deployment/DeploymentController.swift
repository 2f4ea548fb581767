package import FairleadClient
import FairleadModel

/// Rolls out pods by means of ReplicaSets.
package enum DeploymentController {
    package static let descriptor = ControllerDescriptor("deployment-controller", alias: "deployment", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let deployments = setup.watch(.deployments) { [$0.name] }
        let sets = setup.watch(.replicaSets)
        let pods = setup.watch(.pods)
        OwnershipIndex.install(on: sets)
        OwnershipIndex.install(on: pods)
        let (owners, setLister) = (deployments.lister, sets.lister)
        let worker = DeploymentWorker(
            client: setup.client, deployments: owners, sets: setLister, pods: pods.lister,
            recorder: setup.recorder(), now: setup.now)
        setup.map(sets) { change in
            let keys = [change.old, change.new].compactMap { set in
                set.flatMap { OwnershipIndex.owner(of: $0.value, kind: "Deployment", in: owners) }
            }
            guard let set = change.new, set.value.controllerRef == nil else { return keys }
            return keys + OwnershipIndex.adopters(of: set, in: owners)
        }
        // Only the Recreate strategy looks at pods, and it waits for their deletion.
        setup.map(pods) { change in
            guard change.isDeletion, let pod = change.old,
                let set = OwnershipIndex.owner(of: pod.value, kind: "ReplicaSet", in: setLister).flatMap(setLister.get),
                let key = OwnershipIndex.owner(of: set.value, kind: "Deployment", in: owners)
            else { return [] }
            return [key]
        }
        return { try await worker.reconcile($0) }
    }
}
