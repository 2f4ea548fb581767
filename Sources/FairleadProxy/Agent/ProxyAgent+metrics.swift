package import FairleadMetrics

extension ProxyAgent {
    /// Adds what waits at the moment.
    package func collect(_ samples: inout MetricSamples) {
        let waiting = state.withLock { $0.pendingCounts }
        samples.add("kubeproxy_sync_proxy_rules_service_changes_pending", waiting.services)
        samples.add("kubeproxy_sync_proxy_rules_endpoint_changes_pending", waiting.slices)
    }
}
