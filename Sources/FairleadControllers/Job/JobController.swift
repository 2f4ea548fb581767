package import FairleadClient
package import FairleadModel

/// Runs pods to completion. `job-controller` of Kubernetes.
package final class JobController: Controller {
    static let jobs = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")

    package let name = "job-controller"
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let runner: ControllerRunner<ObjectName>

    package init(client: any ObjectClient, informers: InformerSet, environment: Environment) {
        let queue = WorkQueue<ObjectName>()
        let jobs = informers.informer(Self.jobs)
        let pods = informers.informer(.pods)
        OwnershipIndex.install(on: pods)
        let tracker = PodTracker(ownerKind: "Job", owners: jobs.lister, queue: queue)
        recorder = EventRecorder(client: client, component: name, environment: environment)
        let worker = JobWorker(
            client: client, jobs: jobs.lister, pods: pods.lister, tracker: tracker, recorder: recorder,
            now: environment.now)
        runner = ControllerRunner(name: name, workers: 5, queue: queue) { try await worker.reconcile($0) }
        self.informers = [jobs, pods]
        jobs.addHandler { change in
            if change.isDeletion { tracker.forget(change.name) }
            queue.add(change.name)
        }
        pods.addHandler { tracker.observe($0) }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
