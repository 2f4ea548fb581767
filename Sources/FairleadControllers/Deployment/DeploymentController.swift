package import FairleadClient
package import FairleadModel

/// Rolls pods out by way of ReplicaSets. `deployment-controller` of Kubernetes.
package final class DeploymentController: Controller {
    package let name = "deployment-controller"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<ObjectName>

    package init(client: any ObjectClient, informers: InformerSet, environment: Environment) {
        let queue = WorkQueue<ObjectName>()
        let deployments = informers.informer(.deployments)
        let sets = informers.informer(.replicaSets)
        let pods = informers.informer(.pods)
        OwnershipIndex.install(on: sets)
        OwnershipIndex.install(on: pods)
        recorder = EventRecorder(client: client, component: name, environment: environment)
        let worker = DeploymentWorker(
            client: client, deployments: deployments.lister, sets: sets.lister, pods: pods.lister, recorder: recorder,
            now: environment.now)
        runner = ControllerRunner(name: name, workers: 5, queue: queue) { try await worker.reconcile($0) }
        self.informers = [deployments, sets, pods]

        let owners = deployments.lister
        let setLister = sets.lister
        deployments.addHandler { queue.add($0.name) }
        sets.addHandler { change in
            for set in [change.old, change.new].compactMap({ $0 }) {
                if let key = OwnershipIndex.owner(of: set.value, kind: "Deployment", in: owners) { queue.add(key) }
            }
            if let set = change.new, set.value.controllerRef == nil {
                for key in OwnershipIndex.adopters(of: set, in: owners) { queue.add(key) }
            }
        }
        // Only the Recreate strategy looks at pods, and it waits for their going.
        pods.addHandler { change in
            guard change.isDeletion, let pod = change.old,
                let set = OwnershipIndex.owner(of: pod.value, kind: "ReplicaSet", in: setLister).flatMap(setLister.get),
                let key = OwnershipIndex.owner(of: set.value, kind: "Deployment", in: owners)
            else { return }
            queue.add(key)
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
