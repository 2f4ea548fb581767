import FairleadHTTP
import FairleadIdentity
import FairleadModel
import Logging

/// The door with TLS: the server's certificate, kept from expiring, and whom it lets in with which certificate.
struct ServerDoor: Sendable {
    private let options: SecureOptions
    private let authority: CertificateAuthority
    private let trust: ClientTrust
    private let proxies: FrontProxies?
    private let names: [String]
    private let addresses: [IPAddress]
    /// What clients are shown at first.
    private let first: Shown

    /// - Throws: if a file that was given cannot be read, or no certificate issued.
    init(
        _ options: SecureOptions, _ configuration: ServerConfiguration, _ identity: ClusterIdentity
    ) throws(StartupError) {
        self.options = options
        authority = identity.authority
        do throws(IdentityError) {
            let others = try options.clientAuthorityFile.map { path throws(IdentityError) in try Self.read(path) }
            trust = try ClientTrust(authorities: [identity.authority.rootPEM] + (others.map { [$0] } ?? []))
            proxies = try options.proxyAuthorityFile.map { path throws(IdentityError) in
                try FrontProxies(authorities: try Self.read(path), names: options.proxyNames)
            }
        } catch {
            throw StartupError(error.description)
        }
        let service = "kubernetes.default.svc"
        names =
            ["localhost", "kubernetes", "kubernetes.default", service, "\(service).\(configuration.clusterDomain)"]
        let listening = options.listen.compactMap { IPAddress($0.reachable.host) }
        let isEverywhere = options.listen.contains { ["0.0.0.0", "::"].contains($0.host) }
        let machine = isEverywhere ? HostAddresses.all().compactMap { IPAddress($0) } : []
        let services = configuration.serviceClusterIPRanges.map { $0.network.advanced(by: 1) }
        var addresses: [IPAddress] = []
        for address in [IPAddress("127.0.0.1"), IPAddress("::1")].compactMap({ $0 }) + listening + machine + services
        where !addresses.contains(address) {
            addresses.append(address)
        }
        self.addresses = addresses
        first = try Self.show(options, authority, names, addresses)
    }

    /// What the listener needs.
    var secureDoor: SecureDoor {
        var door = SecureDoor(addresses: options.listen, credentials: first.credentials) { [trust, proxies] chain in
            var peer = await trust.peer(showing: chain)
            peer.isFrontProxy = await proxies?.include(chain) ?? false
            return peer
        }
        door.takesFreePort = !options.isRequired
        return door
    }

    /// Issues a new certificate when it is time to. Runs until it is cancelled.
    func keepRenewing(_ server: HTTPServer, logger: Logger) async {
        guard var renewal = first.renewal else { return }
        let clock = SystemDelayClock()
        while !Task.isCancelled {
            await clock.sleep(for: Self.interval)
            guard !Task.isCancelled, Self.now > renewal else { continue }
            do {
                let next = try Self.show(options, authority, names, addresses)
                try server.renew(next.credentials)
                renewal = next.renewal ?? renewal
            } catch {
                logger.error("the server's certificate cannot be renewed", metadata: ["error": "\(error)"])
            }
        }
    }

    private static let interval = Duration.seconds(3600)
    /// Certificates are compared with the machine's clock, as everybody does.
    private static var now: Timestamp { Environment.live.now() }

    private struct Shown: Sendable {
        var credentials: SecureDoor.Credentials
        /// nil for a certificate that was given, which is not ours to renew.
        var renewal: Timestamp?
    }

    /// - Throws: if the certificate or the key cannot be read or issued.
    private static func show(
        _ options: SecureOptions, _ authority: CertificateAuthority, _ names: [String], _ addresses: [IPAddress]
    ) throws(StartupError) -> Shown {
        do throws(IdentityError) {
            if let certificate = options.certificateFile, let key = options.keyFile {
                let chain = try read(certificate)
                return Shown(credentials: .init(certificateChain: chain, privateKey: try read(key)))
            }
            let issued = try authority.issueServer(names: names, addresses: addresses, at: now)
            return Shown(
                credentials: .init(certificateChain: issued.chainPEM, privateKey: issued.keyPEM),
                renewal: issued.renewal)
        } catch {
            throw StartupError(error.description)
        }
    }

    private static func read(_ path: String) throws(IdentityError) -> String {
        guard let text = try KeyFolder.read(path, isSecret: false) else {
            throw IdentityError("\(path) is not there")
        }
        return text
    }
}
