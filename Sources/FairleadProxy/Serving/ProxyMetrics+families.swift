package import FairleadMetrics

extension ProxyMetrics {
    /// The families, with kube-proxy's bounds where it has them.
    package static let families: [MetricFamily] = [
        MetricFamily("kubeproxy_sync_proxy_rules_duration_seconds", rounds, "SyncProxyRules latency in seconds"),
        MetricFamily(
            "kubeproxy_sync_full_proxy_rules_duration_seconds", rounds,
            "SyncProxyRules latency in seconds for full resyncs"),
        MetricFamily(
            "kubeproxy_sync_partial_proxy_rules_duration_seconds", rounds,
            "SyncProxyRules latency in seconds for partial resyncs"),
        MetricFamily(
            "kubeproxy_network_programming_duration_seconds", .histogram(bounds: programming),
            "In Cluster Network Programming Latency in seconds"),
        MetricFamily(
            "kubeproxy_sync_proxy_rules_service_changes_total", .counter, "Cumulative proxy rules Service changes"),
        MetricFamily(
            "kubeproxy_sync_proxy_rules_endpoint_changes_total", .counter, "Cumulative proxy rules Endpoint changes"),
        MetricFamily(
            "kubeproxy_sync_proxy_rules_service_changes_pending", .gauge, "Pending proxy rules Service changes"),
        MetricFamily(
            "kubeproxy_sync_proxy_rules_endpoint_changes_pending", .gauge, "Pending proxy rules Endpoint changes"),
        MetricFamily(
            "kubeproxy_sync_proxy_rules_nftables_sync_failures_total", .counter,
            "Cumulative proxy nftables sync failures"),
        MetricFamily(
            "kubeproxy_sync_proxy_rules_last_timestamp_seconds", .gauge,
            "The last time proxy rules were successfully synced"),
        MetricFamily(
            "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", .gauge,
            "The last time a sync of proxy rules was queued"),
        MetricFamily("kubeproxy_proxy_healthz_total", .counter, "Cumulative proxy healthz HTTP status"),
        MetricFamily("kubeproxy_proxy_livez_total", .counter, "Cumulative proxy livez HTTP status"),
        MetricFamily(
            "fairlead_proxy_nft_duration_seconds", .histogram(bounds: short),
            "How long nft took for a transaction, by its size."),
        MetricFamily(
            "fairlead_proxy_event_duration_seconds", .histogram(bounds: short),
            "From the sight of the oldest change to its rules in the kernel."),
        MetricFamily(
            "fairlead_proxy_conntrack_flushes_total", .counter,
            "UDP connections that were forgotten, counted once for each address and endpoint."),
        MetricFamily("fairlead_proxy_services", .gauge, "Services that are in the kernel."),
    ]

    private static let rounds = MetricFamily.Kind.histogram(bounds: .exponential(from: 0.001, by: 2, count: 15))

    /// 0.25 s, 0.5 s, then every second to a minute, every five to two, every thirty to five.
    private static let programming: [Double] =
        [0, 0.25, 0.5] + stride(from: 1.0, through: 59, by: 1) + stride(from: 60.0, through: 115, by: 5)
        + stride(from: 120.0, through: 300, by: 30)

    private static let short: [Double] = [
        0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2,
        3, 5, 10,
    ]
}
