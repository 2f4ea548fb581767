package import FairleadClient
package import FairleadModel

/// Binds pods of `default-scheduler` to nodes. Pods that fit nowhere are tried again whenever a node changes or a pod
/// goes.
package final class Scheduler: Controller {
    package let name = "default-scheduler"
    static let nodeIndex = "nodeName"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<ObjectName>

    package init(
        client: any ObjectClient, binder: any PodBinder, informers: InformerSet, environment: Environment
    ) {
        // As Kubernetes' scheduler, which never lets a pod wait longer.
        let queue = WorkQueue<ObjectName>(backoff: Backoff(first: 0.005, maximum: 10))
        let pods = informers.informer(.pods)
        let nodes = informers.informer(.nodes)
        pods.addIndex(Self.nodeIndex) { [$0.value.text("spec", "nodeName")] }
        recorder = EventRecorder(client: client, component: name, environment: environment)
        let worker = SchedulerWorker(
            client: client, binder: binder, pods: pods.lister, nodes: nodes.lister, recorder: recorder,
            now: environment.now)
        // One worker: two could give the last place on a node to two pods.
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { try await worker.schedule($0) }
        self.informers = [pods, nodes]

        let lister = pods.lister
        let retryAll: @Sendable () -> Void = {
            for pod in lister.indexed(Self.nodeIndex, "") where SchedulerWorker.isWaiting(pod.value) {
                queue.add(pod.objectName)
            }
        }
        pods.addHandler { change in
            if worker.observe(change) { retryAll() }
            guard let new = change.new, SchedulerWorker.isWaiting(new.value) else { return }
            // Its own condition is no news.
            let isNews = change.old.map { $0.value["spec"] != new.value["spec"] || $0.labels != new.labels } ?? true
            if isNews { queue.add(change.name) }
        }
        nodes.addHandler { change in
            let (old, new) = (change.old?.value, change.new?.value)
            let isSame =
                old?["spec"] == new?["spec"] && old?.labels == new?.labels
                && old?.at("status", "allocatable") == new?.at("status", "allocatable")
            if new != nil, !isSame { retryAll() }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async {
        for informer in informers { await informer.waitForSync() }
        if Task.isCancelled { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.recorder.run() }
            await runner.run()
            group.cancelAll()
        }
    }
}
