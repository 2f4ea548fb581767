import FairleadKinds
import FairleadAPI
import FairleadClient
import FairleadClusterControllers
import FairleadControllers
package import FairleadDNS
package import FairleadHTTP
import FairleadMetrics
package import FairleadModel
import FairleadSchema
import FairleadSimulation
import FairleadStorage
import Foundation
import Logging
import ServiceLifecycle

/// The assembled program: store → API → HTTP, with the controllers and the simulated machines alongside.
///
/// Ready means that the store is loaded, the namespaces and the `kubernetes` Service exist, and the listener is bound.
package struct FairleadServer: Service, CustomStringConvertible {
    private let configuration: ServerConfiguration
    private let environment: Environment
    /// nil to print the welcome on standard output.
    private let announce: (@Sendable ([HTTPAddress], DNSAddress?) -> Void)?
    private let logger = Logger(label: "fairlead")

    /// The name of the service. Without it, the service group prints the whole configuration by reflection, which takes
    /// milliseconds of each start.
    package var description: String { "fairlead" }

    /// - Parameter announce: called with the server's addresses once it is ready; by default, they are printed.
    package init(
        configuration: ServerConfiguration, environment: Environment,
        announce: (@Sendable ([HTTPAddress], DNSAddress?) -> Void)? = nil
    ) {
        self.configuration = configuration
        self.environment = environment
        self.announce = announce
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: `StartupError`.
    package func runUntilSignal() async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }))
        // A supervisor may expect an end within a second. The rest of it is for busy machines, and for the system, which has
        // to free the memory of the process: some 0.1 s for each 500 MB.
        let deadline = ShutdownDeadline(.milliseconds(700), logger: logger)
        defer { withExtendedLifetime(deadline) {} }
        try await group.run()
    }

    /// Runs until its service group shuts down or its task is cancelled.
    /// - Throws: `StartupError`; everything that was started has been stopped again.
    package func run() async throws {
        MemoryUpkeep.prepare()
        let metrics = ServerMetrics.registry(start: environment.now())
        BuiltInTypes.prepare()
        let store = try openStore(metrics)
        let readiness = Readiness()
        do {
            let dns = try ClusterDNS(
                configuration, store: store, readiness: readiness, environment: environment, logger: logger,
                metrics: metrics)
            let boundDNS = try await dns?.start()
            do {
                let health = HealthChecks(readiness: readiness, storage: store.faults, store: store)
                try await serve(makeAPI(store, metrics), dns, boundDNS, health, metrics)
            } catch {
                await dns?.shutdown()
                throw error
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func serve(
        _ api: API, _ dns: ClusterDNS?, _ boundDNS: DNSAddress?, _ health: HealthChecks, _ metrics: MetricsRegistry
    ) async throws {
        let http = try makeHTTP(api, dns, health, metrics)
        let bound = try await listen(http)
        do {
            try await operate(api, http, dns, bound, boundDNS, health, metrics)
        } catch {
            await http.shutdown()
            throw error
        }
    }

    private func operate(
        _ api: API, _ http: HTTPServer, _ dns: ClusterDNS?, _ bound: [HTTPAddress], _ boundDNS: DNSAddress?,
        _ health: HealthChecks, _ metrics: MetricsRegistry
    ) async throws(StartupError) {
        try await StoredSettings(configuration, store: api.store, logger: logger).settle()
        async let writtenKubeconfig = writeKubeconfig(bound[0])
        let bootstrap = bootstrap(api, bound)
        let machines = LoopbackClient(api: api, manager: Self.machines)
        // Neither needs the other, and the objects mostly wait for the disk.
        async let planned = ControlPlane(
            client: LoopbackClient(api: api), machines: machines, resources: api.kinds.resources,
            bootstrap: bootstrap, configuration: configuration, environment: environment,
            metrics: QueueMetrics(factory: metrics))
        try await setUp(api, bootstrap, machines)
        let controlPlane = await planned
        let kubeconfig = try await writtenKubeconfig.get()
        let controllers = controlPlane.controllers
        metrics.add(collector: ServerMetrics.collector(of: controllers))
        health.progress.connect {
            // Controllers that have ended are reported by another check.
            let stuck = controllers.map(\.health).filter { $0.state == .running }.compactMap(\.problem)
            return stuck.isEmpty ? nil : stuck.joined(separator: ", ")
        }
        health.informers.connect { [informers = controlPlane.informers] in informers.syncFailure }
        await withDiscardingTaskGroup { group in
            group.addTask { await controlPlane.run(health.controllers) }
            group.addTask {
                let caches = ThreadCaches(threads: [http.onEachThread] + (dns.map { [$0.onEachLoop] } ?? []))
                await MemoryUpkeep(forget: api.forgetCaches, emptyThreads: caches.empty).run()
            }
            if configuration.eventTimeToLive > .zero {
                let expiry = EventExpiry(
                    store: api.store, timeToLive: configuration.eventTimeToLive, now: environment.now)
                group.addTask { await health.controllers.watch("EventExpiry") { await expiry.run() } }
            }
            await cancelWhenGracefulShutdown { await controlPlane.informers.waitForSync() }
            if !Task.isCancelled, !Task.isShuttingDownGracefully {
                health.readiness.markReady()
                tell(bound, boundDNS, kubeconfig)
            }
            // Throws if the task is cancelled, which is another way to stop.
            try? await gracefulShutdown()
            logger.debug("stopping")
            group.cancelAll()
            // While the controllers finish their current work; the store is closed after both.
            await dns?.shutdown()
            await http.shutdown()
        }
    }

    private func bootstrap(_ api: API, _ bound: [HTTPAddress]) -> Bootstrap {
        Bootstrap(
            client: LoopbackClient(api: api, manager: "kube-apiserver"),
            configuration: .init(
                serviceCIDRs: configuration.serviceClusterIPRanges.map(\.description), serverPort: bound[0].port,
                advertiseAddress: AdvertisedAddress.choose(
                    listening: bound, machine: HostAddresses.all(),
                    family: configuration.serviceClusterIPRanges[0].network, isBare: configuration.isBare),
                rootCertificates: RootCertificate.pem),
            environment: environment)
    }

    /// Creates the objects that clients expect of every cluster. Those that do not need each other are created at the
    /// same time, so that their writes can share a disk sync.
    private func setUp(_ api: API, _ bootstrap: Bootstrap, _ machines: LoopbackClient) async throws(StartupError) {
        let damage = DamageAtStart(api: api, logger: logger, hasKubeDNS: !configuration.isBare)
        damage.report()
        let report = { @Sendable [logger] (what: String, refusal: APIStatus) in
            logger.error(
                "an object of the cluster itself cannot be set up; its controller goes on trying",
                metadata: ["object": .string(what), "error": .string(refusal.message)])
        }
        do {
            try await damage.makeRoom()
            async let standardObjects: Void = installStandardObjects(api)
            try await bootstrap.prepare(report: report)
            async let kubeDNS = installKubeDNS(machines)
            try await bootstrap.complete(report: report)
            await standardObjects
            try await kubeDNS.get()
        } catch {
            throw StartupError("cannot set up the cluster's own objects: \(error.message)")
        }
    }

    private func tell(_ addresses: [HTTPAddress], _ dns: DNSAddress?, _ kubeconfig: Kubeconfig?) {
        if let announce { return announce(addresses, dns) }
        Welcome(addresses: addresses, dns: dns, kubeconfig: kubeconfig, configuration: configuration).printOut()
    }

    /// - Returns: the kubeconfig written; nil if none was, and none was explicitly requested.
    private func writeKubeconfig(_ address: HTTPAddress) -> Result<Kubeconfig?, StartupError> {
        guard let kubeconfig = configuration.kubeconfigFile else { return .success(nil) }
        do throws(Kubeconfig.Refusal) {
            try kubeconfig.write(server: address)
            return .success(kubeconfig)
        } catch {
            if case .file = configuration.kubeconfig { return .failure(StartupError(error.description)) }
            logger.warning("there is no kubeconfig: \(error)")
            return .success(nil)
        }
    }

    private func installStandardObjects(_ api: API) async {
        let client = LoopbackClient(api: api, manager: "api-priority-and-fairness-config-producer-v1")
        await StandardObjects(client: client).install { [logger] what, error in
            logger.error(
                "an object that every cluster has is missing",
                metadata: ["object": .string(what), "error": .string(error.message)])
        }
    }

    /// The field manager of nodes, kubelets and whatever runs on them.
    private static let machines = "kubelet"

    /// - Returns: a failure that has nothing to do with existing objects.
    private func installKubeDNS(_ client: LoopbackClient) async -> Result<Void, APIStatus> {
        if configuration.isBare { return .success(()) }
        do throws(APIStatus) {
            try await kubeDNS(client).install()
            return .success(())
        } catch {
            guard Bootstrap.isRefusal(error) else { return .failure(error) }
            // The ranges may have been changed, or the address may be taken: the cluster starts without its DNS.
            logger.error("kube-dns cannot be set up", metadata: ["error": .string(error.message)])
            return .success(())
        }
    }

    private func kubeDNS(_ client: LoopbackClient) -> KubeDNS {
        var settings = KubeDNS.Settings(clusterDomain: configuration.clusterDomain)
        if let dns = configuration.dns {
            settings.podNames = dns.podNames.rawValue
            settings.ttl = dns.ttl
            settings.forward = dns.forward?.description
            settings.rotates = dns.rotates
        }
        return KubeDNS(
            client: client, manager: Self.machines, serviceCIDR: configuration.serviceClusterIPRanges[0],
            settings: settings)
    }

    private func openStore(_ metrics: MetricsRegistry) throws(StartupError) -> Store {
        do {
            let path: String?
            switch configuration.data {
            case .memory: path = nil
            case .file(let file):
                try SQLiteEngine.makeFolder(of: file)
                path = file
            }
            var options = StoreOptions()
            options.historyAge = configuration.historyAge
            options.compactionInterval = configuration.compactionInterval
            options.quota = configuration.storageQuota
            options.metrics = StoreMetrics(factory: metrics)
            options.confidential = [GroupResource(group: "", resource: "secrets")]
            options.onFault = { [logger = Logger(label: "storage")] fault in fault.log(to: logger) }
            return try Store.open(
                engine: try SQLiteEngine(
                    path: path, migrations: SQLiteMigration.builtIn(), metrics: options.metrics), options: options)
        } catch StorageError.io(let why) {
            throw StartupError(why)
        } catch StorageError.corrupted(let why) {
            throw StartupError(why)
        } catch {
            throw StartupError("cannot open the database \(configuration.dataText): \(error)")
        }
    }

    private func makeAPI(_ store: Store, _ metrics: MetricsRegistry) async throws(StartupError) -> API {
        do {
            let types = try await BuiltInTypes.value
            let kinds = KindRegistry(catalog: CustomKinds(store: store, types: types))
            let settings = APIConfiguration(
                serviceClusterIPRanges: configuration.serviceClusterIPRanges,
                nodePortRange: configuration.nodePortRange, clusterDomain: configuration.clusterDomain,
                allowsPrivileged: configuration.allowsPrivileged)
            return API(
                store: store, types: types, kinds: kinds, configuration: settings, environment: environment,
                watchMetrics: WatchMetrics(factory: metrics))
        } catch {
            throw StartupError("the schemas in this program cannot be read (\(error)): build or install it anew")
        }
    }

    private func makeHTTP(
        _ api: API, _ dns: ClusterDNS?, _ health: HealthChecks, _ metrics: MetricsRegistry
    ) throws(StartupError) -> HTTPServer {
        let relay = StatisticsRelay()
        metrics.add(collector: ServerMetrics.collector(of: api.store))
        metrics.add(collector: ServerMetrics.collector { relay.read() })
        let debug = DebugPages(
            store: api.store, configuration: configuration,
            resolvConf: ResolvConfPage(store: api.store, configuration: configuration, address: { dns?.address }),
            status: StatusPage(
                configuration: configuration, checks: health.ready, dns: { dns?.address }, start: environment.now(),
                now: environment.now))
        let operations = OperationsEndpoint(
            live: health.live, ready: health.ready,
            pages: ComponentPages(flags: configuration.flags, start: environment.now(), now: environment.now),
            metrics: { metrics.text })
        let environment = environment
        let pipeline = Pipeline(
            api: api, documents: DiscoveryEndpoint(kinds: api.kinds, registry: api.types),
            operations: operations,
            podLogs: { pod, container, options in
                PodLogs.lines(
                    for: pod, container: container, options: .init(options, now: environment.now()),
                    more: api.store.queryLog(of: pod, dns))
            }, debug: debug.respond)
        var settings = HTTPServerConfiguration(addresses: configuration.listen)
        settings.allowsRemote = configuration.allowsRemote
        settings.shutdownGrace = .milliseconds(80)
        settings.reservedFiles += FileShares.current.dns
        let http = HTTPServer(
            configuration: settings, handler: { request in pipeline.handle(request) }, logger: Logger(label: "http"),
            metrics: RequestMetrics(kinds: api.kinds, factory: metrics))
        relay.connect { http.statistics }
        return http
    }

    private func listen(_ http: HTTPServer) async throws(StartupError) -> [HTTPAddress] {
        do {
            return try await http.start()
        } catch {
            throw StartupError("\(error)")
        }
    }
}
