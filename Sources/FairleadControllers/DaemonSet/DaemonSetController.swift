package import FairleadClient
package import FairleadModel

/// Keeps a pod on every node that a DaemonSet is for. `daemonset-controller` of Kubernetes.
package final class DaemonSetController: Controller {
    package let name = "daemonset-controller"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<ObjectName>

    package init(client: any ObjectClient, informers: InformerSet, environment: Environment) {
        let queue = WorkQueue<ObjectName>()
        let sets = informers.informer(.daemonSets)
        let pods = informers.informer(.pods)
        let nodes = informers.informer(.nodes)
        let revisions = informers.informer(.controllerRevisions)
        OwnershipIndex.install(on: pods)
        OwnershipIndex.install(on: revisions)
        let tracker = PodTracker(ownerKind: "DaemonSet", owners: sets.lister, queue: queue)
        recorder = EventRecorder(client: client, component: name, environment: environment)
        let worker = DaemonSetWorker(
            client: client, sets: sets.lister, pods: pods.lister, nodes: nodes.lister, revisions: revisions.lister,
            tracker: tracker, recorder: recorder, now: environment.now)
        runner = ControllerRunner(name: name, workers: 2, queue: queue) { try await worker.reconcile($0) }
        self.informers = [sets, pods, nodes, revisions]
        let lister = sets.lister
        sets.addHandler { change in
            if change.isDeletion { tracker.forget(change.name) }
            queue.add(change.name)
        }
        pods.addHandler { tracker.observe($0) }
        nodes.addHandler { change in
            // Heartbeats concern nobody here.
            let (old, new) = (change.old?.value, change.new?.value)
            let isSame = old?.labels == new?.labels && old?["spec"] == new?["spec"] && old?.uid == new?.uid
            if !isSame { for set in lister.list() { queue.add(set.objectName) } }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
