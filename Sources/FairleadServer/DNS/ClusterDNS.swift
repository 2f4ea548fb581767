import FairleadDNS
import FairleadModel
import FairleadSimulation
import FairleadStorage
import Logging

/// The cluster DNS of a server: its settings in the words of `FairleadDNS`, and what is said when it cannot be had.
struct ClusterDNS: Sendable {
    let server: DNSServer
    /// Where it answers.
    let address: DNSAddress

    /// nil when it is turned off, and when a port that nobody asked for is taken: other servers may be running.
    /// - Throws: `StartupError` when the address that was asked for cannot be had.
    static func start(
        _ configuration: ServerConfiguration, store: Store, readiness: Readiness, logger: Logger
    ) async throws(StartupError) -> ClusterDNS? {
        guard let options = configuration.dns else { return nil }
        guard let domain = DomainName(configuration.clusterDomain) else {
            throw StartupError("\(configuration.clusterDomain) is no domain name (--cluster-domain)")
        }
        var zone = ZoneSettings(domain: domain)
        zone.ttl = options.ttl
        zone.podNames = options.podNames
        let service = ZoneSettings.NameServer(namespace: KubeDNS.namespace, service: KubeDNS.serviceName)
        if !configuration.isBare { zone.nameServer = service }
        var settings = DNSConfiguration(listen: options.listen, zone: zone)
        settings.forward = options.forward
        settings.rotates = options.rotates
        settings.follows = options.followsPods && !configuration.isBare ? service : nil
        let server = DNSServer(
            configuration: settings, source: StoreRecordSource(store: store), isReady: { readiness.isReady })
        do {
            let address = try await server.start()
            logger.info("dns on \(address)")
            return ClusterDNS(server: server, address: address)
        } catch {
            let problem = "cannot listen on \(options.listen) for DNS: \(error)"
            if options.isRequired { throw StartupError("\(problem) (--dns-listen)") }
            logger.warning(
                "no cluster DNS: \(problem); another server may have it, --dns-listen 127.0.0.1:0 takes a free port")
            return nil
        }
    }
}
