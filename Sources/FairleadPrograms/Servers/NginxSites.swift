import FairleadContainers
import FairleadModel
import Synchronization

/// The ports of a running nginx, and what is served there: both may be replaced while it runs.
final class NginxSites: Sendable {
    /// At once, as `worker_connections`: a site that leads to itself ends there.
    private static let maximumRequests = 256

    private struct State {
        var servers: [NginxConfiguration.Server] = []
        var ports: [UInt16: any Listening] = [:]
    }

    private let process: Process
    private let version: String
    private let workers = Gauge(limit: maximumRequests)
    private let state = Mutex(State())

    init(_ process: Process, _ flavour: NginxServer.Flavour) {
        self.process = process
        version = flavour.version
    }

    /// Serves what a configuration says from now on. If a port is taken, everything stays as it was.
    func take(_ configuration: NginxConfiguration) throws(NginxConfiguration.Fault) {
        let wanted = Set(configuration.servers.flatMap(\.ports))
        let present = state.withLock { Set($0.ports.keys) }
        var opened: [UInt16: any Listening] = [:]
        for port in wanted.subtracting(present).sorted() {
            do throws(NetworkError) {
                opened[port] = try listen(port)
            } catch {
                for port in opened.values { port.close() }
                throw NginxConfiguration.Fault(message: "bind() to 0.0.0.0:\(port) failed (98: \(error))")
            }
        }
        let added = opened
        let closed = state.withLock { state in
            state.servers = configuration.servers
            let closed = state.ports.filter { !wanted.contains($0.key) }
            state.ports = state.ports.filter { wanted.contains($0.key) }.merging(added) { $1 }
            return Array(closed.values)
        }
        for port in closed { port.close() }
    }

    func close() {
        let ports = state.withLock { state in
            defer { state.ports = [:] }
            return Array(state.ports.values)
        }
        for port in ports { port.close() }
    }

    private func listen(_ port: UInt16) throws(NetworkError) -> any Listening {
        let now = process.world.now
        return try process.world.network.listen(on: port, address: nil) { connection in
            await WebServer.serve(connection, now: now, bodyLimit: 1 << 20) { await self.respond(to: $0, port) }
        }
    }

    private func respond(to request: WebRequest, _ port: UInt16) async -> WebResponse {
        let servers = state.withLock { $0.servers.filter { $0.ports.contains(port) } }
        let site = NginxSite(process: process, servers: servers, version: version)
        let mayAnswer = workers.enter()
        var response = mayAnswer ? await site.respond(to: request) : site.page(500)
        if mayAnswer { workers.leave() }
        response.headers.insert(("Server", "nginx/\(version)"), at: 0)
        await process.print(WebLog.combined(request, response, process.world.now(), showsForwarded: true))
        return response
    }
}
