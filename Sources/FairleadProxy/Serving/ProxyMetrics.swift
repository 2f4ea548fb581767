package import CoreMetrics
import FairleadMetrics

/// What the proxy counts, under kube-proxy's names.
///
/// Reference: kubernetes `pkg/proxy/metrics/metrics.go`.
package struct ProxyMetrics: Sendable {
    private let rounds: Timer
    private let fullRounds: Timer
    private let partialRounds: Timer
    private let programming: Timer
    private let serviceChanges: Counter
    private let sliceChanges: Counter
    private let failures: Counter
    private let kernel: [Bool: Timer]
    private let events: Timer
    private let lastSync: Meter
    private let lastQueued: Meter
    private let pages: [String: Counter]
    private let forgotten: Counter
    private let services: Meter

    package init(factory: any MetricsFactory) {
        func timer(_ name: String, _ labels: [(String, String)] = []) -> Timer {
            Timer(label: name, dimensions: labels, factory: factory)
        }
        func counter(_ name: String, _ labels: [(String, String)] = []) -> Counter {
            Counter(label: name, dimensions: labels, factory: factory)
        }
        rounds = timer("kubeproxy_sync_proxy_rules_duration_seconds")
        fullRounds = timer("kubeproxy_sync_full_proxy_rules_duration_seconds")
        partialRounds = timer("kubeproxy_sync_partial_proxy_rules_duration_seconds")
        programming = timer("kubeproxy_network_programming_duration_seconds")
        serviceChanges = counter("kubeproxy_sync_proxy_rules_service_changes_total")
        sliceChanges = counter("kubeproxy_sync_proxy_rules_endpoint_changes_total")
        failures = counter("kubeproxy_sync_proxy_rules_nftables_sync_failures_total")
        kernel = [
            true: timer("fairlead_proxy_nft_duration_seconds", [("transaction", "full")]),
            false: timer("fairlead_proxy_nft_duration_seconds", [("transaction", "partial")]),
        ]
        events = timer("fairlead_proxy_event_duration_seconds")
        lastSync = Meter(label: "kubeproxy_sync_proxy_rules_last_timestamp_seconds", factory: factory)
        lastQueued = Meter(label: "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", factory: factory)
        var pages: [String: Counter] = [:]
        for page in ["healthz", "livez"] {
            for code in ["200", "503"] {
                pages[page + code] = counter("kubeproxy_proxy_\(page)_total", [("code", code)])
            }
        }
        self.pages = pages
        forgotten = counter("fairlead_proxy_conntrack_flushes_total")
        services = Meter(label: "fairlead_proxy_services", factory: factory)
    }

    /// A round of changes, with its transaction if one was needed.
    struct Round {
        var isFull: Bool
        var total: Duration
        /// How long nft took.
        var kernel: Duration?
        /// From the sight of the oldest change.
        var sinceOldest: Duration?
        /// From the causes of changes.
        var causes: [Duration]
        /// Seconds since 1970.
        var end: Double
    }

    func record(_ round: Round) {
        rounds.recordNanoseconds(round.total.wholeNanoseconds)
        (round.isFull ? fullRounds : partialRounds).recordNanoseconds(round.total.wholeNanoseconds)
        if let time = round.kernel { kernel[round.isFull]?.recordNanoseconds(time.wholeNanoseconds) }
        if let time = round.sinceOldest, !round.isFull { events.recordNanoseconds(time.wholeNanoseconds) }
        for cause in round.causes { programming.recordNanoseconds(cause.wholeNanoseconds) }
        lastSync.set(round.end)
    }

    func recordFailure() { failures.increment() }
    func recordQueued(at seconds: Double) { lastQueued.set(seconds) }
    func recordServices(_ count: Int) { services.set(count) }
    func recordForgotten() { forgotten.increment() }
    func recordPage(_ page: String, _ status: Int) { pages["\(page)\(status)"]?.increment() }

    func recordChanges(services: Int, slices: Int) {
        if services > 0 { serviceChanges.increment(by: services) }
        if slices > 0 { sliceChanges.increment(by: slices) }
    }
}
