package import FairleadClient
package import FairleadModel

/// Keeps numbered pods with stable names. `statefulset-controller` of Kubernetes.
package final class StatefulSetController: Controller {
    package let name = "statefulset-controller"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<ObjectName>

    package init(client: any ObjectClient, informers: InformerSet, environment: Environment) {
        let queue = WorkQueue<ObjectName>()
        let sets = informers.informer(.statefulSets)
        let pods = informers.informer(.pods)
        let revisions = informers.informer(.controllerRevisions)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: revisions)
        let tracker = PodTracker(ownerKind: "StatefulSet", owners: sets.lister, queue: queue)
        recorder = EventRecorder(client: client, component: name, environment: environment)
        let worker = StatefulSetWorker(
            client: client, sets: sets.lister, pods: pods.lister, revisions: revisions.lister, recorder: recorder,
            now: environment.now)
        runner = ControllerRunner(name: name, workers: 5, queue: queue) { try await worker.reconcile($0) }
        self.informers = [sets, pods, revisions]
        sets.addHandler { queue.add($0.name) }
        pods.addHandler { tracker.observe($0) }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
