package import FairleadClient
package import FairleadControllers

/// The controllers of what runs once, on a schedule, or at a variable scale: Jobs, CronJobs, autoscalers.
package enum BatchControllers {
    /// All of them. To add a controller, add it here.
    package static let all: [ControllerDescriptor<ControllerSettings>] = [
        JobController.descriptor, FinishedJobController.descriptor, CronJobController.descriptor,
        AutoscalerController.descriptor,
    ]
}
