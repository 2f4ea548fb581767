package import FairleadModel
import NIOHTTP1
import Synchronization

/// Whether changes get into the kernel, and whether balancers may use the node.
///
/// As kube-proxy's, except that `/healthz` also waits for the first rules: a node without rules is no use to a balancer.
/// Reference: kubernetes `pkg/proxy/healthcheck/proxy_health.go`.
package final class ProxyHealth: Sendable {
    private struct State {
        var updated: Timestamp?
        /// Since when a change waits.
        var pendingSince: Duration?
        var isEligible = true
    }

    /// kube-proxy's default: twice its period of complete syncs.
    private static let patience = Duration.seconds(60)

    private let clock: any DelayClock
    private let now: @Sendable () -> Timestamp
    private let metrics: ProxyMetrics
    private let state = Mutex(State())

    package init(
        metrics: ProxyMetrics, clock: any DelayClock = SystemDelayClock(),
        now: @escaping @Sendable () -> Timestamp = Environment.live.now
    ) {
        self.metrics = metrics
        self.clock = clock
        self.now = now
    }

    func update(isEligible: Bool, pendingSince: Duration?, hasUpdated: Bool) {
        state.withLock { state in
            state.isEligible = isEligible
            state.pendingSince = pendingSince
            if hasUpdated { state.updated = now() }
        }
    }

    /// Whether the rules are those that the cluster asks for, or will be in time.
    var isHealthy: Bool {
        state.withLock { $0.pendingSince.map { clock.now - $0 < Self.patience } ?? true }
    }

    /// `/healthz`, where balancers ask about the node, and `/livez`, where the proxy alone counts.
    func page(_ path: String) -> SmallServer.Page? {
        let isLive = path == "/livez"
        guard isLive || path == "/healthz" else { return nil }
        let (isEligible, updated) = state.withLock { ($0.isEligible, $0.updated) }
        let isOK = isHealthy && (isLive || (isEligible && updated != nil))
        metrics.recordPage(isLive ? "livez" : "healthz", isOK ? 200 : 503)
        let now = now()
        let shown = isOK ? now : updated ?? Timestamp(seconds: -62_135_596_800)
        var body = "{\"lastUpdated\": \"\(Self.text(shown))\",\"currentTime\": \"\(Self.text(now))\""
        if !isLive { body += ", \"nodeEligible\": \(isEligible)" }
        return SmallServer.Page(
            status: isOK ? .ok : .serviceUnavailable,
            headers: ["Content-Type": "application/json", "X-Content-Type-Options": "nosniff"], body: body + "}")
    }

    /// As Go prints a time: `2026-11-30 06:30:27.123456 +0000 UTC`.
    private static func text(_ time: Timestamp) -> String {
        time.rfc3339Micro.replacing("T", with: " ").replacing("Z", with: " +0000 UTC")
    }
}
