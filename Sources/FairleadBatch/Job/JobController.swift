package import FairleadClient
package import FairleadControllers
import FairleadModel

/// Runs pods to completion.
package enum JobController {
    static let jobs = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")

    package static let descriptor = ControllerDescriptor("job-controller", alias: "job", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let jobs = setup.watch(Self.jobs)
        let pods = setup.watch(.pods)
        OwnershipIndex.install(on: pods)
        let tracker = PodTracker(ownerKind: "Job", owners: jobs.lister, clock: setup.clock)
        let worker = JobWorker(
            client: setup.client, jobs: jobs.lister, pods: pods.lister, tracker: tracker, recorder: setup.recorder(),
            now: setup.now)
        setup.map(jobs) { tracker.observe(owner: $0) }
        setup.map(pods) { tracker.observe($0) }
        return { try await worker.reconcile($0) }
    }
}
