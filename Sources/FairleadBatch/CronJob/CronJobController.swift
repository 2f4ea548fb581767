package import FairleadClient
package import FairleadControllers
import FairleadModel

/// Creates the Jobs of CronJobs when they are due, and deletes old ones.
package enum CronJobController {
    static let cronJobs = GroupVersionResource(group: "batch", version: "v1", resource: "cronjobs")

    package static let descriptor = ControllerDescriptor("cronjob-controller", alias: "cronjob", workers: 5) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let cronJobs = setup.watch(Self.cronJobs) { [$0.name] }
        let lister = cronJobs.lister
        let jobs = setup.watch(JobController.jobs) { change in
            [change.old, change.new].compactMap {
                $0.flatMap { OwnershipIndex.owner(of: $0.value, kind: "CronJob", in: lister) }
            }
        }
        OwnershipIndex.install(on: jobs)
        let worker = CronJobWorker(
            client: setup.client, cronJobs: lister, jobs: jobs.lister, recorder: setup.recorder(), now: setup.now)
        return { try await worker.reconcile($0) }
    }
}
