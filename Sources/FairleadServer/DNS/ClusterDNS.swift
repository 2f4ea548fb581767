import CoreMetrics
import FairleadDNS
import FairleadModel
import FairleadSimulation
import FairleadStorage
import Logging

/// The cluster DNS of a server: translates the settings for `FairleadDNS`, and reports when the DNS cannot start.
struct ClusterDNS: Sendable {
    private let server: DNSServer
    private let options: DNSOptions
    private let logger: Logger

    /// How many questions `kubectl logs` shows for the pods of kube-dns.
    private static let loggedQuestions = 4000

    /// nil if DNS is turned off. Does not listen yet.
    init?(
        _ configuration: ServerConfiguration, store: Store, readiness: Readiness, environment: Environment,
        logger: Logger, metrics: any MetricsFactory
    ) throws(StartupError) {
        guard let options = configuration.dns else { return nil }
        guard let domain = DomainName(configuration.clusterDomain) else {
            throw StartupError(
                "\(configuration.clusterDomain) is no domain name: choose one as in --cluster-domain cluster.local")
        }
        var zone = ZoneSettings(domain: domain)
        zone.ttl = options.ttl
        zone.podNames = options.podNames
        let service = ZoneSettings.NameServer(namespace: KubeDNS.namespace, service: KubeDNS.serviceName)
        if !configuration.isBare { zone.nameServer = service }
        var settings = DNSConfiguration(listen: options.listen, zone: zone)
        settings.isForOwner = options.isForOwner
        settings.forward = options.forward
        settings.metrics = metrics
        if settings.forwardsToItself {
            throw StartupError(
                "the DNS cannot ask \(options.listen), where it answers itself: choose another --dns-forward")
        }
        settings.udpSize = options.udpSize
        let files = FileShares.current
        settings.maximumConnections = files.dnsConnections
        settings.maximumForwards = files.dnsForwards
        settings.rotates = options.rotates
        settings.follows = options.followsPods && !configuration.isBare ? service : nil
        settings.loggedQuestions = configuration.isBare ? 0 : Self.loggedQuestions
        do {
            server = try DNSServer(
                configuration: settings, source: StoreRecordSource(store: store), isReady: { readiness.isReady },
                now: environment.now)
        } catch {
            throw StartupError(
                "the DNS cannot ask \(options.forward.map(\.description) ?? ""): choose another --dns-forward (\(error))"
            )
        }
        self.options = options
        self.logger = logger
    }

    /// Starts listening. Returns nil if a port that was not given explicitly is taken: other servers may be running.
    /// - Throws: `StartupError` if the address was given explicitly and is not available.
    func start() async throws(StartupError) -> DNSAddress? {
        do {
            let address = try await server.start()
            logger.info("dns on \(address)")
            return address
        } catch {
            if options.isRequired { throw StartupError("\(error)") }
            logger.warning("there is no cluster DNS: \(error)")
            return nil
        }
    }

    func shutdown() async { await server.shutdown() }

    /// Runs work on each event loop, soon.
    @Sendable func onEachLoop(_ work: @escaping @Sendable () -> Void) { server.onEachLoop(work) }

    /// The address that it answers at; nil while it does not.
    var address: DNSAddress? { server.address }

    func ask(_ question: Question, from client: IPAddress, over transport: DNSTransport) async -> Message? {
        await server.ask(question, from: client, over: transport)
    }

    /// The query log of a kube-dns pod: each pod gets its share of the clients.
    ///
    /// - Parameter pods: all kube-dns pods, including this one.
    func log(of pod: Value, among pods: [Value]) -> [(time: Timestamp, line: String)] {
        let names = pods.filter { PodView($0).isReady }.map(\.name).sorted()
        guard let place = names.firstIndex(of: pod.name) else { return [] }
        return server.log?.lines(pod: place, of: names.count) ?? []
    }
}
