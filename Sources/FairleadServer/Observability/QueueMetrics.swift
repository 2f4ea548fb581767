import CoreMetrics
import FairleadClient
import FairleadMetrics

/// The metrics of controllers' work queues, under client-go's names.
struct QueueMetrics: WorkQueueMetricsProvider {
    let factory: any MetricsFactory

    func metrics(of queue: String) -> any WorkQueueMetrics { Series(queue, factory) }

    private final class Series: WorkQueueMetrics {
        private let adds: Counter
        private let retries: Counter
        private let wait: Timer
        private let work: Timer

        init(_ queue: String, _ factory: any MetricsFactory) {
            let name = [("name", queue)]
            adds = Counter(label: "workqueue_adds_total", dimensions: name, factory: factory)
            retries = Counter(label: "workqueue_retries_total", dimensions: name, factory: factory)
            wait = Timer(label: "workqueue_queue_duration_seconds", dimensions: name, factory: factory)
            work = Timer(label: "workqueue_work_duration_seconds", dimensions: name, factory: factory)
        }

        /// Read when the page is built: queues with the same name each have their own depth.
        func depthChanged(to depth: Int) {}
        func added() { adds.increment() }
        func retried() { retries.increment() }
        func taken(after wait: Duration) { self.wait.recordNanoseconds(wait.wholeNanoseconds) }
        func finished(after work: Duration) { self.work.recordNanoseconds(work.wholeNanoseconds) }
    }
}
