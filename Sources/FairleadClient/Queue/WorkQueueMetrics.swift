/// What a work queue reports while it works: the moments behind Kubernetes' `workqueue_*` metrics, as client-go has them.
///
/// Called while the queue is locked: a receiver returns at once and calls nobody back. What can be asked at any time
/// (unfinished work, the longest-running worker) is in `ControllerHealth`.
package protocol WorkQueueMetrics: Sendable {
    /// `workqueue_depth`: so many keys wait for a worker now, without those in work or delayed.
    func depthChanged(to depth: Int)
    /// `workqueue_adds_total`: a key came in need of work that was not so already.
    func added()
    /// `workqueue_retries_total`: a key comes back later because work on it failed.
    func retried()
    /// `workqueue_queue_duration_seconds`: a worker took a key that had been in need of work for so long.
    func taken(after wait: Duration)
    /// `workqueue_work_duration_seconds`: a worker is done with a key.
    func finished(after work: Duration)
}

/// Gives each queue the place where it reports. Queues of one name share it.
package protocol WorkQueueMetricsProvider: Sendable {
    /// - Parameter queue: the controller's name, such as `endpointslice-controller`.
    func metrics(of queue: String) -> any WorkQueueMetrics
}

/// For those who do not count.
package struct NoWorkQueueMetrics: WorkQueueMetrics, WorkQueueMetricsProvider {
    package init() {}

    package func depthChanged(to depth: Int) {}
    package func added() {}
    package func retried() {}
    package func taken(after wait: Duration) {}
    package func finished(after work: Duration) {}
    package func metrics(of queue: String) -> any WorkQueueMetrics { self }
}
