/// What a work queue reports while it works: the events behind Kubernetes' `workqueue_*` metrics, as in client-go.
///
/// Called while the queue is locked: implementations must return at once and call nobody back. Figures that can be read
/// at any time (unfinished work, the longest-running worker) are in `ControllerHealth`.
package protocol WorkQueueMetrics: Sendable {
    /// `workqueue_depth`: the number of keys waiting for a worker, not counting those in work or delayed.
    func depthChanged(to depth: Int)
    /// `workqueue_adds_total`: a key was added that was not yet marked as needing work.
    func added()
    /// `workqueue_retries_total`: a key will come back later because work on it failed.
    func retried()
    /// `workqueue_queue_duration_seconds`: a worker took a key that had needed work for this long.
    func taken(after wait: Duration)
    /// `workqueue_work_duration_seconds`: a worker has finished a key.
    func finished(after work: Duration)
}

/// Gives each queue its metrics. Queues of the same name share them.
package protocol WorkQueueMetricsProvider: Sendable {
    /// - Parameter queue: the controller's name, such as `endpointslice-controller`.
    func metrics(of queue: String) -> any WorkQueueMetrics
}

/// For queues that record no metrics.
package struct NoWorkQueueMetrics: WorkQueueMetrics, WorkQueueMetricsProvider {
    package init() {}

    package func depthChanged(to depth: Int) {}
    package func added() {}
    package func retried() {}
    package func taken(after wait: Duration) {}
    package func finished(after work: Duration) {}
    package func metrics(of queue: String) -> any WorkQueueMetrics { self }
}
