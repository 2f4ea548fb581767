package import FairleadClient
import FairleadModel
import Synchronization

/// Deletes pods that no kubelet will ever delete. It runs every 20 seconds and whenever a node is deleted.
package enum PodGCController {
    private static let period = Duration.seconds(20)

    package static let descriptor = ControllerDescriptor(
        "pod-garbage-collector-controller", alias: "podgc", workers: 1
    ) { (setup: ControllerSetup<String>, _: ControllerSettings) in
        let pods = setup.watch(.pods)
        PodGCIndex.install(on: pods)
        let nodes = setup.watch(.nodes) { $0.isDeletion ? ["all"] : [] }
        setup.begin { ["all"] }
        let worker = PodGCWorker(
            client: setup.client, pods: pods.lister, nodes: nodes.lister, now: setup.now, clock: setup.clock)
        return { _ in
            try await worker.collect()
            return .again(after: Self.period)
        }
    }
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
        clock: any DelayClock
    ) {
        self.client = client
        self.pods = pods
        self.nodes = nodes
        self.now = now
        self.clock = clock
    }

    func collect() async throws(APIStatus) {
        let reconciler = PodGCReconciler(now: now(), moment: clock.now)
        let nodes = Set(nodes.list().map(\.key.name))
        let plan = reconciler.plan(
            pods: PodGCIndex.candidates(in: pods, nodes: nodes, finishedLimit: reconciler.finishedLimit), nodes: nodes,
            missingSince: missingSince.withLock { $0 })
        missingSince.withLock { $0 = plan.missingSince }
        for pod in plan.lost {
            try await ignoringNotFound(
                orChanged: true,
                await client.patch(
                    .pods, namespace: pod.namespace, name: pod.name, reconciler.failed(pod), subresource: "status"))
        }
        for pod in plan.lost + plan.delete {
            try await ignoringNotFound(
                orChanged: true,
                await client.delete(
                    .pods, namespace: pod.namespace, name: pod.name,
                    options: DeleteOptions(uid: pod.uid, gracePeriodSeconds: 0)))
        }
    }
}
