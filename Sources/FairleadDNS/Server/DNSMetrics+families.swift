package import FairleadMetrics

extension DNSMetrics.Upstream {
    var name: String {
        switch self {
        case .asked: "coredns_proxy_requests_total"
        case .failed: "coredns_forward_failures_total"
        case .hit: "coredns_cache_hits_total"
        case .miss: "coredns_cache_misses_total"
        }
    }

    fileprivate var help: String {
        switch self {
        case .asked: "Questions sent to the upstream server."
        case .failed: "Questions that the upstream server did not answer."
        case .hit: "Questions for others that the cache could answer."
        case .miss: "Questions for others that the cache could not answer."
        }
    }
}

extension DNSServer {
    /// The metrics of the DNS, with CoreDNS's names and bounds.
    package static let metricFamilies: [MetricFamily] =
        [
            MetricFamily(
                "coredns_dns_requests_total", .counter,
                "Questions answered, by zone, protocol, family of addresses and type."),
            MetricFamily("coredns_dns_responses_total", .counter, "Answers by zone and code."),
            MetricFamily(
                "coredns_dns_request_duration_seconds",
                .histogram(bounds: .exponential(from: 0.00025, by: 2, count: 16)),
                "How long answers took, by zone."),
            MetricFamily(
                "coredns_dns_request_size_bytes", .histogram(bounds: sizeBounds),
                "Sizes of questions, by zone and protocol."),
            MetricFamily(
                "coredns_dns_response_size_bytes", .histogram(bounds: sizeBounds),
                "Sizes of answers, by zone and protocol."),
            MetricFamily(
                "coredns_kubernetes_dns_programming_duration_seconds",
                .histogram(bounds: .exponential(from: 0.001, by: 2, count: 20)),
                "From the publication of a change until answers show it, by kind of Service."),
            MetricFamily(
                "fairlead_dns_questions_dropped_total", .counter,
                "Questions thrown away because they had waited too long."),
        ] + DNSMetrics.Upstream.allCases.map { MetricFamily($0.name, .counter, $0.help) }

    private static let sizeBounds: [Double] = [
        0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3,
    ]
}
