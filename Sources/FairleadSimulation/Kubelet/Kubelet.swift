package import FairleadClient
package import FairleadModel

/// The kubelets of all simulated nodes: brings the pods bound to them to life and to an end.
///
/// Works on nodes with the annotation `fairlead.dev/simulated: "true"` that are not down. All state that matters is in
/// the pods' status, so that a restart goes on where it was.
package final class Kubelet: Controller {
    package let name = "kubelet"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<ObjectName>
    private let worker: KubeletWorker
    private let pods: Lister

    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment,
        delays: StageDelays = StageDelays(), clock: any DelayClock = SystemDelayClock()
    ) {
        let queue = WorkQueue<ObjectName>(clock: clock, backoff: Backoff(first: 0.005, maximum: 10))
        let pods = informers.informer(.pods)
        let nodes = informers.informer(.nodes)
        pods.addIndex(Scheduler.nodeIndex) { [$0.value.text("spec", "nodeName")] }
        recorder = EventRecorder(client: client, component: name, environment: environment)
        let worker = KubeletWorker(
            client: client, pods: pods.lister, nodes: nodes.lister, recorder: recorder, delays: delays,
            now: environment.now, clock: clock)
        runner = ControllerRunner(name: name, workers: 8, queue: queue) { try await worker.reconcile($0) }
        self.informers = [pods, nodes]
        self.worker = worker
        self.pods = pods.lister
        pods.addHandler { change in
            if change.isDeletion || change.old?.value.uid != change.new?.value.uid {
                worker.forget(change.old?.value.uid)
            }
            guard let new = change.new, !PodView(new).nodeName.isEmpty else { return }
            worker.note(new.value)
            if worker.isNews(change) { queue.add(change.name) }
        }
        let lister = pods.lister
        nodes.addHandler { change in
            let wasAlive = change.old.map { SimulationKeys.isAlive($0.value) && $0.value.uid == change.new?.value.uid }
            guard let new = change.new, SimulationKeys.isAlive(new.value), wasAlive != true else { return }
            for pod in lister.indexed(Scheduler.nodeIndex, new.key.name) { queue.add(pod.objectName) }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async {
        for informer in informers { await informer.waitForSync() }
        if Task.isCancelled { return }
        // Now that the nodes' ranges are known: the addresses of pods from before a restart.
        for pod in pods.list() { worker.note(pod.value) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.recorder.run() }
            await runner.run()
            group.cancelAll()
        }
    }
}
