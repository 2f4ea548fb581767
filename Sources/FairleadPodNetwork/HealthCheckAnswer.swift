import FairleadContainers
import FairleadModel

/// What kube-proxy answers at a health check node port.
struct HealthCheckAnswer: Sendable {
    var service: ObjectName
    var localEndpoints: Int

    var response: WebResponse {
        WebResponse(
            localEndpoints > 0 ? 200 : 503,
            headers: [
                ("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff"),
                ("X-Load-Balancing-Endpoint-Weight", "\(localEndpoints)"),
            ],
            body: Array(
                """
                {
                \t"service": {
                \t\t"namespace": "\(service.namespace)",
                \t\t"name": "\(service.name)"
                \t},
                \t"localEndpoints": \(localEndpoints),
                \t"serviceProxyHealthy": true
                }
                """.utf8))
    }
}
