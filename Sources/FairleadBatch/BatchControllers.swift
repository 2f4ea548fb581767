package import FairleadClient
package import FairleadControllers

/// The controllers of what runs once, again and again, or as much as is needed: Jobs, CronJobs, autoscalers.
package enum BatchControllers {
    /// All of them. A new one is one line here.
    package static let all: [ControllerDescriptor<ControllerSettings>] = [
        JobController.descriptor, FinishedJobController.descriptor, CronJobController.descriptor,
        AutoscalerController.descriptor,
    ]
}
