package import FairleadMetrics
package import FairleadNet
package import Logging
import NIOCore

/// The pages of a proxy: `/healthz` and `/livez` on one address, `/metrics` and `/proxyMode` on the other.
package final class ProxyServing: Sendable {
    /// Where to listen.
    package struct Address: Hashable, Sendable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    private let servers: [SmallServer]
    /// The ports that are listened on; nil for a page that was not asked for.
    package let healthPort: Int?
    package let metricsPort: Int?

    /// Listens.
    /// - Throws: if an address cannot be listened on; none is then.
    package init(
        health: ProxyHealth, at healthAddress: Address?, registry: MetricsRegistry, at metricsAddress: Address?,
        logger: Logger
    ) async throws(ListenFailure) {
        let healthServer = try await Self.listen(healthAddress, "--healthz-bind-address", "health checks", logger) {
            health.page($0)
        }
        do {
            let metricsServer = try await Self.listen(metricsAddress, "--metrics-bind-address", "metrics", logger) {
                Self.page($0, registry)
            }
            servers = [healthServer, metricsServer].compactMap { $0 }
            healthPort = healthServer?.port
            metricsPort = metricsServer?.port
        } catch {
            healthServer?.close()
            throw error
        }
    }

    package func close() {
        for server in servers { server.close() }
    }

    private static func listen(
        _ address: Address?, _ flag: String, _ purpose: String, _ logger: Logger, pages: @escaping SmallServer.Pages
    ) async throws(ListenFailure) -> SmallServer? {
        guard let address else { return nil }
        do {
            return try await SmallServer(host: address.host, port: address.port, logger: logger, pages: pages)
        } catch {
            throw ListenFailure(
                error, address: address.text, port: address.port, purpose: " for \(purpose)", flag: flag)
        }
    }

    private static func page(_ path: String, _ registry: MetricsRegistry) -> SmallServer.Page? {
        switch path {
        case "/metrics":
            SmallServer.Page(
                headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"], body: registry.text)
        case "/proxyMode": SmallServer.Page(body: "nftables")
        case "/healthz": SmallServer.Page(body: "ok")
        default: nil
        }
    }
}
