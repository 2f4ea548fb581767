import CoreMetrics
package import FairleadMetrics
import Synchronization

/// What is measured, under kube-apiserver's names.
extension FlowControl {
    private static let buckets: [Double] = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
    private static let prefix = "apiserver_flowcontrol_"
    /// Clients can make schemas: hence a limit.
    private static let mostSchemas = 256

    package static let metricFamilies: [MetricFamily] = [
        MetricFamily(prefix + "dispatched_requests_total", .counter, "Requests that were let in, by schema and level."),
        MetricFamily(prefix + "rejected_requests_total", .counter, "Requests that were answered 429, by why."),
        MetricFamily(prefix + "current_inqueue_requests", .gauge, "Requests that wait for a seat."),
        MetricFamily(
            prefix + "current_executing_requests", .gauge, "Requests that have a seat; those that are exempt need none."
        ),
        MetricFamily(prefix + "current_executing_seats", .gauge, "Seats in use."),
        MetricFamily(prefix + "nominal_limit_seats", .gauge, "The seats of a level by its shares."),
        MetricFamily(prefix + "lower_limit_seats", .gauge, "What a level does not lend."),
        MetricFamily(prefix + "current_limit_seats", .gauge, "What a level has, with what it borrows."),
        MetricFamily(
            prefix + "request_wait_duration_seconds", .histogram(bounds: buckets),
            "How long requests waited for a seat."),
        MetricFamily(
            prefix + "request_execution_seconds", .histogram(bounds: buckets), "How long requests had their seats."),
    ]

    package struct Sample: Sendable {
        package var name: String
        package var value: Int
        package var labels: [(String, String)]
    }

    /// The figures of now.
    package var samples: [Sample] {
        var samples: [Sample] = []
        func add(_ name: String, _ value: Int, _ labels: [(String, String)]) {
            samples.append(Sample(name: Self.prefix + name, value: value, labels: labels))
        }
        for entry in flows.entries.prefix(Self.mostSchemas) {
            let labels = [("priority_level", entry.level.name), ("flow_schema", entry.schema.name)]
            let counts = entry.schema.counts.figures
            add("dispatched_requests_total", counts.dispatched, labels)
            for (reason, count) in counts.rejected {
                add("rejected_requests_total", count, labels + [("reason", reason)])
            }
            if entry.level.isExempt { continue }
            add("current_inqueue_requests", counts.waiting, labels)
            add("current_executing_requests", counts.executing, labels)
            add("current_executing_seats", counts.executing, labels)
        }
        for level in book.withLock({ $0.figures }).prefix(Self.mostSchemas) {
            let labels = [("priority_level", level.name)]
            add("nominal_limit_seats", level.seats, labels)
            add("lower_limit_seats", level.lowest, labels)
            add("current_limit_seats", max(level.seats, level.sitting), labels)
        }
        return samples
    }
}

extension FlowSchema.Counts {
    var figures: (dispatched: Int, executing: Int, waiting: Int, rejected: [(String, Int)]) {
        (
            dispatched.load(ordering: .relaxed), executing.load(ordering: .relaxed), waiting.load(ordering: .relaxed),
            rejected.withLock { $0.sorted { $0.key < $1.key } }
        )
    }
}

/// The histograms of each schema, made when it is first needed.
final class FlowTimers: Sendable {
    private struct Timers {
        let waited: Timer
        let executed: Timer
    }

    private let factory: any MetricsFactory
    private let known = Mutex<[String: Timers]>([:])
    private static let most = 256

    init(_ factory: any MetricsFactory) { self.factory = factory }

    func waited(_ flow: Flow, _ time: Duration, executed: Bool) {
        // Those that never begin are counted as rejected.
        if executed { timers(flow.schema)?.waited.recordNanoseconds(time.wholeNanoseconds) }
    }

    func executed(_ flow: Flow, _ time: Duration) {
        timers(flow.schema)?.executed.recordNanoseconds(time.wholeNanoseconds)
    }

    private func timers(_ schema: FlowSchema) -> Timers? {
        known.withLock { known in
            if let timers = known[schema.name] { return timers }
            guard known.count < Self.most else { return nil }
            let labels = [("priority_level", schema.level), ("flow_schema", schema.name)]
            let timers = Timers(
                waited: Timer(
                    label: "apiserver_flowcontrol_request_wait_duration_seconds",
                    dimensions: labels + [("execute", "true")], factory: factory),
                executed: Timer(
                    label: "apiserver_flowcontrol_request_execution_seconds", dimensions: labels, factory: factory))
            known[schema.name] = timers
            return timers
        }
    }
}
