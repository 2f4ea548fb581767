package import FairleadClient
package import FairleadModel

/// Keeps simulated nodes alive: registers them at start, renews their leases every ten seconds and reports their
/// status.
///
/// A node with the annotation `fairlead.dev/down: "true"` falls silent; without it, it reports at once. A Node that a
/// user deletes stays away until the next start, as a machine whose kubelet keeps running does. One that is said to be
/// silent, and is not, says so at once.
package final class NodeAgent: Controller {
    package let name = "simulated-nodes"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<String>
    private let worker: NodeWorker
    private let queue: WorkQueue<String>

    /// - Parameter gracePeriod: seconds of silence after which the node lifecycle controller takes a node for lost: a
    ///   kubelet that has a quarter of them at most between two signs of life never seems to be.
    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment, blueprint: SimulatedNodes,
        gracePeriod: Double = 40, clock: any DelayClock = SystemDelayClock()
    ) {
        let queue = WorkQueue<String>(clock: clock, backoff: .kubelets)
        let nodes = informers.informer(.nodes)
        recorder = EventRecorder(client: client, component: "kubelet", environment: environment)
        let worker = NodeWorker(
            client: client, nodes: nodes.lister, blueprint: blueprint, recorder: recorder, now: environment.now,
            clock: clock, renewInterval: min(10, gracePeriod / 4))
        self.worker = worker
        self.queue = queue
        runner = ControllerRunner(name: name, workers: 2, queue: queue) { try await worker.reconcile($0) }
        self.informers = [nodes]
        nodes.addHandler { change in
            guard let new = change.new?.value, SimulationKeys.isAlive(new) else { return }
            let old = change.old?.value
            let wasAlive = old.map { SimulationKeys.isAlive($0) && $0.uid == new.uid } ?? false
            if !wasAlive || NodeWorker.isCalledSilent(new) { queue.add(change.name.name) }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async {
        for informer in informers { await informer.waitForSync() }
        if Task.isCancelled { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.recorder.run() }
            for name in worker.unregistered { queue.add(name) }
            await runner.run()
            group.cancelAll()
        }
    }
}
