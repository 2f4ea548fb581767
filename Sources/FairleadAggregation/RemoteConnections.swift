import AsyncHTTPClient
import FairleadWebhooks
import NIOCore
import NIOSSL

/// HTTPS to servers behind APIServices, with connections that are kept.
final class RemoteConnections: Sendable {
    private let certificate: FrontProxyCertificate
    private let clients: KeptClients

    /// - Parameter group: whose loops the connections live on; it is there for longer than this.
    init(certificate: FrontProxyCertificate, on group: any EventLoopGroup) {
        self.certificate = certificate
        clients = KeptClients(on: group, maximumConnections: 256)
    }

    /// Closes all connections. Requests fail from then on.
    func shutdown() async { await clients.shutdown() }

    /// A client whose connections to `name` go to `address`.
    func client(
        for service: RemoteService, _ name: String, at address: String
    ) async throws(WebhookFailure) -> KeptClients.Lease {
        let credentials = try credentials()
        return try await clients.client(
            KeptClients.Override(name: name, address: address), Self.trust(service, credentials)
        ) { () throws(WebhookFailure) in try Self.settings(service, credentials) }
    }

    /// How a server is recognised, and how this one makes itself known.
    func settings(of service: RemoteService) throws(WebhookFailure) -> TLSConfiguration {
        let credentials = try credentials()
        return try clients.settings(Self.trust(service, credentials)) { () throws(WebhookFailure) in
            try Self.settings(service, credentials)
        }
    }

    private func credentials() throws(WebhookFailure) -> FrontProxyCertificate.Credentials {
        do { return try certificate.credentials() } catch {
            throw WebhookFailure("there is no client certificate: \(error)")
        }
    }

    private static func trust(
        _ service: RemoteService, _ credentials: FrontProxyCertificate.Credentials
    ) -> KeptClients.Trust {
        KeptClients.Trust(
            authorities: service.target.authorities, skipsVerification: service.skipsVerification,
            certificate: credentials.number)
    }

    private static func settings(
        _ service: RemoteService, _ credentials: FrontProxyCertificate.Credentials
    ) throws(WebhookFailure) -> TLSConfiguration {
        var settings = try KeptClients.settings(trusting: service.target.authorities)
        settings.certificateChain = credentials.chain.map { .certificate($0) }
        settings.privateKey = .privateKey(credentials.key)
        if service.skipsVerification { settings.certificateVerification = .none }
        return settings
    }
}
