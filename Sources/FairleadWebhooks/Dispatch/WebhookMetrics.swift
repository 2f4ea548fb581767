package import CoreMetrics
package import FairleadMetrics
import FairleadAPI
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
    private let names = LabelVocabulary()
    private let series = Mutex<[Ending: Series]>([:])

    /// Without a factory nothing is recorded.
    package init(factory: any MetricsFactory = NOOPMetricsHandler.instance) { self.factory = factory }

    /// How a call has ended: what the labels say.
    private struct Ending: Hashable {
        var name: String
        var kind: Webhook.Kind
        var operation: String
        var code: Int
        var error: ErrorType?

        var isRejection: Bool { error != nil }
    }

    /// The metrics of calls that have ended the same way; made once.
    private struct Series: Sendable {
        let time: Timer
        let count: Counter
        let rejections: Counter?

        init(_ ending: Ending, _ factory: any MetricsFactory) {
            let base = [("name", ending.name), ("operation", ending.operation), ("type", ending.kind.rawValue)]
            let rejection = ("rejected", ending.isRejection ? "true" : "false")
            let code = WebhookMetrics.code(ending.code)
            time = Timer(label: duration, dimensions: base + [rejection], factory: factory)
            count = Counter(label: requests, dimensions: base + [rejection, ("code", code)], factory: factory)
            self.rejections = ending.error.map { error in
                Counter(
                    label: WebhookMetrics.rejections,
                    dimensions: base + [("error_type", error.rawValue), ("rejection_code", code)], factory: factory)
            }
        }
    }

    /// - Parameter rejection: why the request was rejected; nil if it was not.
    func observe(
        _ name: String, _ kind: Webhook.Kind, _ operation: AdmissionOperation, code: Int, rejection: ErrorType?,
        time: Duration
    ) {
        let ending = Ending(
            name: names.label(name), kind: kind, operation: operation.rawValue, code: min(code, 601), error: rejection)
        let series = series.withLock { series in
            if let known = series[ending] { return known }
            let made = Series(ending, factory)
            series[ending] = made
            return made
        }
        series.time.recordNanoseconds(time.wholeNanoseconds)
        series.count.increment()
        series.rejections?.increment()
    }

    func failedOpen(_ name: String, _ kind: Webhook.Kind) {
        Counter(
            label: Self.failOpen, dimensions: [("name", names.label(name)), ("type", kind.rawValue)], factory: factory
        )
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
