import CoreMetrics
import Synchronization

/// The metrics of requests that have the same labels. Created once, then shared by all of them.
package final class RequestSeries: Sendable {
    let labels: RequestLabels
    private let factory: any MetricsFactory
    private let duration: Timer
    /// For reads only, as in Kubernetes.
    private let size: Recorder?
    /// Most requests with the same labels get the same status code.
    private let succeeded: Counter
    private let others = Mutex<[Int: Counter]>([:])
    /// Created for the first long-running request: most labels never have one.
    private let longRunning = Mutex<Meter?>(nil)

    init(_ labels: RequestLabels, factory: any MetricsFactory) {
        self.labels = labels
        self.factory = factory
        let dimensions = labels.dimensions
        duration = Timer(
            label: "apiserver_request_duration_seconds", dimensions: dimensions + [("dry_run", labels.dryRun)],
            factory: factory)
        let isRead = labels.verb == "GET" || labels.verb == "LIST"
        size = isRead ? Recorder(label: "apiserver_response_sizes", dimensions: dimensions, factory: factory) : nil
        succeeded = Self.counter(labels, 200, factory)
    }

    /// A request is over.
    /// - Parameters:
    ///   - code: 0 if it was never answered because its client had left.
    ///   - nanoseconds: since its head was read.
    ///   - bytes: the size of the response body.
    package func finished(code: Int, nanoseconds: Int64, bytes: Int) {
        if code == 200 { succeeded.increment() } else { counter(code).increment() }
        duration.recordNanoseconds(nanoseconds)
        size?.record(bytes)
    }

    /// The response has become a long-running one: a watch or a followed log.
    package func longRunningBegan() { meter.increment() }
    package func longRunningEnded() { meter.decrement() }

    private var meter: Meter {
        longRunning.withLock { meter in
            if let meter { return meter }
            let made = Meter(label: "apiserver_longrunning_requests", dimensions: labels.dimensions, factory: factory)
            meter = made
            return made
        }
    }

    private func counter(_ code: Int) -> Counter {
        others.withLock { others in
            if let known = others[code] { return known }
            let made = Self.counter(labels, code, factory)
            others[code] = made
            return made
        }
    }

    private static func counter(_ labels: RequestLabels, _ code: Int, _ factory: any MetricsFactory) -> Counter {
        Counter(
            label: "apiserver_request_total",
            dimensions: labels.dimensions + [("dry_run", labels.dryRun), ("code", String(code))], factory: factory)
    }
}
