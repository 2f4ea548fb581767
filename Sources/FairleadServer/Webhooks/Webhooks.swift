import CoreMetrics
import FairleadAPI
import FairleadAuthorization
import FairleadContainers
import FairleadHTTP
import FairleadModel
import FairleadWebhooks

/// The webhooks of a server: of admission, and of conversion between versions.
struct Webhooks: Sendable {
    private let https: WebhookHTTPClient
    let caller: WebhookCaller

    /// - Parameters:
    ///   - pods: nil if no pods are simulated.
    ///   - loops: where the connections to webhooks live.
    init(pods: (any PodAccess)?, on loops: ServerLoops) {
        https = WebhookHTTPClient(on: loops.group)
        caller = WebhookCaller(https: https, pods: pods.map { WebhookPods(pods: $0) })
    }

    /// Makes the API ask them.
    func install(in api: inout API, _ access: AccessControl, metrics: any MetricsFactory) {
        api.ask(
            WebhookAdmission(caller: caller, metrics: WebhookMetrics(factory: metrics)) { user, question in
                access.decide(question, by: user)
            }, mutates: .mutatingAdmissionWebhook, validates: .validatingAdmissionWebhook)
        api.converter = ConversionWebhook(caller: caller, environment: api.environment)
    }

    func shutdown() async { await https.shutdown() }
}
