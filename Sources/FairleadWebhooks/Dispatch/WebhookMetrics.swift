package import CoreMetrics
package import FairleadMetrics
import Synchronization

/// The metrics of webhooks, under kube-apiserver's names.
package final class WebhookMetrics: Sendable {
    /// Why a request was rejected.
    enum ErrorType: String {
        /// The webhook said so.
        case none = "no_error"
        case calling = "calling_webhook_error"
        case server = "apiserver_internal_error"
        case unsupported = "unsupported_dry_run"
    }

    private let factory: any MetricsFactory
    private let names = Mutex<Set<String>>([])
    /// Webhooks beyond this number share a name.
    private static let capacity = 256

    /// Without a factory nothing is recorded.
    package init(factory: any MetricsFactory = NOOPMetricsHandler.instance) { self.factory = factory }

    private func label(_ name: String) -> String {
        names.withLock { names in
            if names.contains(name) { return name }
            guard names.count < Self.capacity else { return "other" }
            names.insert(name)
            return name
        }
    }

    func observe(
        _ name: String, _ kind: Webhook.Kind, _ operation: String, code: Int, rejected: Bool, _ error: ErrorType?,
        time: Duration
    ) {
        let base = [("name", label(name)), ("operation", operation), ("type", kind.rawValue)]
        let rejection = ("rejected", rejected ? "true" : "false")
        Timer(label: Self.duration, dimensions: base + [rejection], factory: factory)
            .recordNanoseconds(time.wholeNanoseconds)
        Counter(label: Self.requests, dimensions: base + [rejection, ("code", Self.code(code))], factory: factory)
            .increment()
        guard rejected else { return }
        let why = [("error_type", (error ?? ErrorType.none).rawValue), ("rejection_code", Self.code(code))]
        Counter(label: Self.rejections, dimensions: base + why, factory: factory).increment()
    }

    func failedOpen(_ name: String, _ kind: Webhook.Kind) {
        Counter(label: Self.failOpen, dimensions: [("name", label(name)), ("type", kind.rawValue)], factory: factory)
            .increment()
    }

    /// Codes above 600 are not told apart, as in Kubernetes.
    private static func code(_ code: Int) -> String { code > 600 ? "600" : String(max(code, 0)) }

    private static let duration = "apiserver_admission_webhook_admission_duration_seconds"
    private static let requests = "apiserver_admission_webhook_request_total"
    private static let rejections = "apiserver_admission_webhook_rejection_count"
    private static let failOpen = "apiserver_admission_webhook_fail_open_count"

    package static let families: [MetricFamily] = [
        MetricFamily(
            duration, .histogram(bounds: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25]),
            "Seconds that a webhook took to answer."),
        MetricFamily(requests, .counter, "Requests sent to webhooks."),
        MetricFamily(rejections, .counter, "Requests that webhooks rejected, or failed to answer."),
        MetricFamily(failOpen, .counter, "Requests admitted though their webhook failed."),
    ]
}
