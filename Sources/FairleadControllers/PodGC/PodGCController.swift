package import FairleadClient
package import FairleadModel
import Synchronization

/// Deletes pods that no kubelet will ever delete. `pod-garbage-collector` of Kubernetes; it looks every 20 seconds and
/// whenever a node goes.
package final class PodGCController: Controller {
    package let name = "pod-garbage-collector"
    private static let period = 20.0
    private let informers: [Informer]
    private let runner: ControllerRunner<String>

    package init(client: any ObjectClient, informers: InformerSet, environment: Environment) {
        let queue = WorkQueue<String>()
        let pods = informers.informer(.pods)
        let nodes = informers.informer(.nodes)
        let worker = PodGCWorker(client: client, pods: pods.lister, nodes: nodes.lister, now: environment.now)
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { _ in
            try await worker.collect()
            return .again(after: Self.period)
        }
        self.informers = [pods, nodes]
        nodes.addHandler { if $0.isDeletion { queue.add("all") } }
        queue.add("all")
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }
}

private final class PodGCWorker: Sendable {
    private let client: any ObjectClient
    private let pods: Lister
    private let nodes: Lister
    private let now: @Sendable () -> Timestamp
    private let clock: any DelayClock
    private let missingSince = Mutex<[String: Duration]>([:])

    init(
        client: any ObjectClient, pods: Lister, nodes: Lister, now: @escaping @Sendable () -> Timestamp,
        clock: any DelayClock = SystemDelayClock()
    ) {
        self.client = client
        self.pods = pods
        self.nodes = nodes
        self.now = now
        self.clock = clock
    }

    func collect() async throws(APIStatus) {
        let reconciler = PodGCReconciler(now: now(), moment: clock.now)
        let plan = reconciler.plan(
            pods: pods.list().map(\.value), nodes: Set(nodes.list().map(\.key.name)),
            missingSince: missingSince.withLock { $0 })
        missingSince.withLock { $0 = plan.missingSince }
        for pod in plan.lost {
            try await ignoringAbsence { () throws(APIStatus) in
                _ = try await client.patch(
                    .pods, namespace: pod.namespace, name: pod.name, reconciler.failed(pod), subresource: "status")
            }
        }
        for pod in plan.lost + plan.delete {
            try await ignoringAbsence { () throws(APIStatus) in
                try await client.delete(
                    .pods, namespace: pod.namespace, name: pod.name,
                    options: DeleteOptions(uid: pod.uid, gracePeriodSeconds: 0))
            }
        }
    }

    private func ignoringAbsence(_ body: () async throws(APIStatus) -> Void) async throws(APIStatus) {
        do {
            try await body()
        } catch {
            if error.code != 404, error.code != 409 { throw error }
        }
    }
}
