package import FairleadClient
package import FairleadModel

/// Keeps as many pods as each ReplicaSet asks for. `replicaset-controller` of Kubernetes.
package final class ReplicaSetController: Controller {
    package let name = "replicaset-controller"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<ObjectName>

    package init(client: any ObjectClient, informers: InformerSet, environment: Environment) {
        let queue = WorkQueue<ObjectName>()
        let sets = informers.informer(.replicaSets)
        let pods = informers.informer(.pods)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: sets)
        let tracker = PodTracker(
            ownerKind: "ReplicaSet", owners: sets.lister, queue: queue)
        recorder = EventRecorder(client: client, component: name, environment: environment)
        let worker = ReplicaSetWorker(
            client: client, sets: sets.lister, pods: pods.lister, tracker: tracker, recorder: recorder,
            now: environment.now)
        runner = ControllerRunner(name: name, workers: 5, queue: queue) { try await worker.reconcile($0) }
        self.informers = [sets, pods]
        sets.addHandler { change in
            // A set of the same name that follows a deleted one must not inherit its expectations.
            if change.isDeletion || (change.old != nil && change.old?.value.uid != change.new?.value.uid) {
                tracker.forget(change.name)
            }
            queue.add(change.name)
        }
        pods.addHandler { tracker.observe($0) }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
