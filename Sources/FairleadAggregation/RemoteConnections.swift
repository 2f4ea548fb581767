import AsyncHTTPClient
import FairleadModel
import FairleadWebhooks
import NIOCore
import NIOSSL
import Synchronization

/// HTTPS to servers behind APIServices, with connections that are kept: a client for each endpoint of a Service.
final class RemoteConnections: Sendable {
    /// A client and how many requests use it; its end is the end of the use.
    final class Lease: Sendable {
        let client: HTTPClient
        private let owner: RemoteConnections
        private let key: String

        fileprivate init(_ client: HTTPClient, _ owner: RemoteConnections, _ key: String) {
            self.client = client
            self.owner = owner
            self.key = key
        }

        deinit { owner.state.withLock { state in state.uses[key, default: 1] -= 1 } }
    }

    private struct SettingsKey: Hashable {
        var authorities: [UInt8]?
        var skipsVerification: Bool
        var certificate: Int
    }

    private struct State {
        var clients: [String: HTTPClient] = [:]
        /// In the order in which they were made.
        var order: [String] = []
        var uses: [String: Int] = [:]
        var settings: [SettingsKey: TLSConfiguration] = [:]
        var isShutDown = false
    }

    private static let maximumClients = 64
    private static let maximumSettings = 256

    private let certificate: FrontProxyCertificate
    private let state = Mutex(State())

    init(certificate: FrontProxyCertificate) { self.certificate = certificate }

    /// Closes all connections. Requests fail from then on.
    func shutdown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        for client in clients {
            // It fails only if it has been shut down already.
            try? await client.shutdown()
        }
    }

    /// A client whose connections to `name` go to `address`.
    func client(for name: String, at address: String) async throws(WebhookFailure) -> Lease {
        let key = "\(name)=\(address)"
        let (lease, idle) = try state.withLock { state throws(WebhookFailure) -> (Lease, HTTPClient?) in
            guard !state.isShutDown else { throw WebhookFailure("the server is shutting down") }
            if let client = state.clients[key] {
                state.uses[key, default: 0] += 1
                return (Lease(client, self, key), nil)
            }
            var idle: HTTPClient?
            if state.order.count >= Self.maximumClients {
                guard let place = state.order.firstIndex(where: { state.uses[$0, default: 0] <= 0 }) else {
                    throw WebhookFailure("too many servers are in use")
                }
                let old = state.order.remove(at: place)
                state.uses[old] = nil
                idle = state.clients.removeValue(forKey: old)
            }
            let client = HTTPClient(
                eventLoopGroupProvider: .singleton, configuration: Self.configuration([name: address]))
            state.clients[key] = client
            state.order.append(key)
            state.uses[key] = 1
            return (Lease(client, self, key), idle)
        }
        if let idle {
            // Nobody uses it, so its end concerns nobody.
            try? await idle.shutdown()
        }
        return lease
    }

    private static func configuration(_ override: [String: String]) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(30)), decompression: .disabled)
        configuration.dnsOverride = override
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// How a server is recognised, and how this one makes itself known.
    func settings(of service: RemoteService) throws(WebhookFailure) -> TLSConfiguration {
        let credentials: FrontProxyCertificate.Credentials
        do { credentials = try certificate.credentials() } catch {
            throw WebhookFailure("there is no client certificate: \(error)")
        }
        let key = SettingsKey(
            authorities: service.target.authorities, skipsVerification: service.skipsVerification,
            certificate: credentials.number)
        if let known = state.withLock({ $0.settings[key] }) { return known }
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.certificateChain = credentials.chain.map { .certificate($0) }
        settings.privateKey = .privateKey(credentials.key)
        if service.skipsVerification { settings.certificateVerification = .none }
        if let authorities = service.target.authorities {
            // What cannot be read is refused in Go's words, whatever NIO says about it.
            guard let certificates = try? NIOSSLCertificate.fromPEMBytes(authorities), !certificates.isEmpty else {
                throw WebhookFailure("unable to load root certificates: unable to parse bytes as PEM block")
            }
            settings.trustRoots = .certificates(certificates)
        }
        state.withLock { state in
            if state.settings.count >= Self.maximumSettings { state.settings = [:] }
            state.settings[key] = settings
        }
        return settings
    }
}
