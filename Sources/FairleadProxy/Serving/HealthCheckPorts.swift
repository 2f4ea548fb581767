import FairleadModel
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers on the health check node ports of Services with `externalTrafficPolicy: Local`, where balancers ask whether
/// this node has endpoints.
///
/// Reference: kubernetes `pkg/proxy/healthcheck/service_health.go`.
final class HealthCheckPorts: Sendable {
    struct Answer: Hashable, Sendable {
        var service: ObjectName
        var localEndpoints: Int
    }

    private struct State {
        var answers: [Int: Answer] = [:]
        var servers: [Int: [SmallServer]] = [:]
        /// Ports that could not be listened on, and were said to be.
        var failed: Set<Int> = []
    }

    private let health: ProxyHealth
    private let logger: Logger
    private let state = Mutex(State())

    init(health: ProxyHealth, logger: Logger) {
        self.health = health
        self.logger = logger
    }

    /// Listens where it has to and stops where it need not any more. One caller at a time.
    ///
    /// - Parameters:
    ///   - answers: by port; all of them.
    ///   - hosts: the addresses to listen on.
    func set(_ answers: [Int: Answer], on hosts: [String]) async {
        let (gone, new) = state.withLock { state -> ([SmallServer], [Int]) in
            let gone = state.servers.filter { answers[$0.key] == nil }
            for port in gone.keys { state.servers[port] = nil }
            state.answers = answers
            state.failed.formIntersection(answers.keys)
            return (gone.values.flatMap { $0 }, answers.keys.filter { state.servers[$0] == nil }.sorted())
        }
        for server in gone { server.close() }
        for port in new { await listen(port, on: hosts) }
    }

    func isListening(_ port: Int) -> Bool { state.withLock { $0.servers[port] != nil } }

    private func listen(_ port: Int, on hosts: [String]) async {
        var servers: [SmallServer] = []
        for host in hosts {
            do {
                let server = try await SmallServer(host: host, port: port, logger: logger) { [weak self] _ in
                    self?.page(port)
                }
                servers.append(server)
            } catch {
                sayFailed(port, host, error)
            }
        }
        guard !servers.isEmpty else { return }
        let opened = servers
        state.withLock { $0.servers[port] = opened }
    }

    private func sayFailed(_ port: Int, _ host: String, _ error: any Error) {
        guard state.withLock({ $0.failed.insert(port).inserted }) else { return }
        logger.error(
            "a health check node port cannot be listened on; tried again with the next change",
            metadata: [
                "port": .stringConvertible(port), "address": .string(host),
                "service": .string(state.withLock { $0.answers[port]?.service.description ?? "" }),
                "error": .string("\(error)"),
            ])
    }

    func closeAll() {
        let servers = state.withLock { state in
            defer { state = State() }
            return state.servers.values.flatMap { $0 }
        }
        for server in servers { server.close() }
    }

    private func page(_ port: Int) -> SmallServer.Page? {
        guard let answer = state.withLock({ $0.answers[port] }) else { return nil }
        let isHealthy = health.isHealthy
        let isUsable = answer.localEndpoints > 0 && isHealthy
        return SmallServer.Page(
            status: isUsable ? .ok : .serviceUnavailable,
            headers: [
                "Content-Type": "application/json", "X-Content-Type-Options": "nosniff",
                "X-Load-Balancing-Endpoint-Weight": "\(answer.localEndpoints)",
            ],
            body: """
                {
                \t"service": {
                \t\t"namespace": "\(answer.service.namespace)",
                \t\t"name": "\(answer.service.name)"
                \t},
                \t"localEndpoints": \(answer.localEndpoints),
                \t"serviceProxyHealthy": \(isHealthy)
                }
                """)
    }
}
