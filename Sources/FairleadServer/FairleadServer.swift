import FairleadAccess
import FairleadDiscovery
import FairleadFairness
import FairleadKinds
import FairleadAggregation
import FairleadAPI
import FairleadAdmission
import FairleadAudit
import FairleadAuthorization
import FairleadClient
import FairleadClusterControllers
import FairleadControllers
package import FairleadDNS
import FairleadExpressions
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
    private let unwritten = UnwrittenEvents()

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
        let deadline = ShutdownDeadline(
            .milliseconds(700), logger: logger, unwritten: { [unwritten] in unwritten.count })
        defer { withExtendedLifetime(deadline) {} }
        try await group.run()
    }

    /// Runs until its service group shuts down or its task is cancelled.
    /// - Throws: `StartupError`; everything that was started has been stopped again.
    package func run() async throws {
        MemoryUpkeep.prepare()
        let metrics = ServerMetrics.registry(start: environment.now())
        BuiltInTypes.prepare()
        let store = try await StoreOpening(configuration: configuration, metrics: metrics).open()
        // Keys take a while: meanwhile the schemas are parsed.
        async let identity = ClusterIdentity.load(configuration, environment: environment, logger: logger)
        let readiness = Readiness()
        do {
            let dns = try ClusterDNS(
                configuration, store: store, readiness: readiness, environment: environment, logger: logger,
                metrics: metrics)
            let boundDNS = try await dns?.start()
            do {
                let health = HealthChecks(readiness: readiness, storage: store.faults, store: store)
                let access = AccessControl(configuration.authorizationModes, store: store)
                try await serve(
                    makeAPI(store, access, metrics), identity.get(), access, dns, boundDNS, health, metrics)
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
        _ api: API, _ identity: ClusterIdentity, _ access: AccessControl, _ dns: ClusterDNS?, _ boundDNS: DNSAddress?,
        _ health: HealthChecks, _ metrics: MetricsRegistry
    ) async throws {
        var api = api
        let audit = try AuditLog.open(configuration, &api, environment, metrics)
        unwritten.follow(audit)
        let machines =
            runsPods
            ? try SimulatedMachines(
                configuration, api: api, tokens: identity.tokens, environment: environment, names: dns?.answer) : nil
        let loops = ServerLoops()
        let webhooks = Webhooks(pods: machines?.runtime, on: loops)
        let aggregator = Aggregator(
            store: api.store,
            certificate: FrontProxyCertificate(authority: identity.authority, now: Environment.live.now),
            pods: machines?.runtime, on: loops.group)
        webhooks.install(in: &api, access, metrics: metrics)
        do {
            let uses = SecretTokenUses(now: environment.now)
            let authenticator = ClusterAuthenticator(
                tokens: identity.tokens, file: identity.file, store: api.store,
                allowsAnonymous: configuration.admitsAnonymous, onSecretUse: uses.note)
            let door = try configuration.secure.map { options throws(StartupError) in
                try ServerDoor(options, configuration, identity)
            }
            let http = try makeHTTP(api, authenticator, access, dns, health, metrics, machines, door, aggregator, loops)
            let bound = try await listen(http)
            do {
                try await operate(
                    api, identity, uses, http, door, dns, bound, boundDNS, health, metrics, machines, aggregator)
            } catch {
                await http.shutdown()
                throw error
            }
        } catch {
            await webhooks.shutdown()
            await aggregator.shutdown()
            await loops.shutdown()
            await audit?.close()
            throw error
        }
        await webhooks.shutdown()
        await aggregator.shutdown()
        await loops.shutdown()
        await audit?.close()
    }

    private func operate(
        _ api: API, _ identity: ClusterIdentity, _ uses: SecretTokenUses, _ http: HTTPServer, _ door: ServerDoor?,
        _ dns: ClusterDNS?, _ bound: ListeningAddresses, _ boundDNS: DNSAddress?, _ health: HealthChecks,
        _ metrics: MetricsRegistry,
        _ pods: SimulatedMachines?, _ aggregator: Aggregator
    ) async throws(StartupError) {
        try await StoredSettings(configuration, store: api.store, logger: logger).settle()
        async let writtenKubeconfig = writeKubeconfig(bound, identity)
        let bootstrap = bootstrap(api, identity, bound)
        let machines = LoopbackClient(api: api, manager: Self.machines, identity: .kubelet)
        let plan = { @Sendable [configuration, environment] in
            ControlPlane(
                client: LoopbackClient(api: api, identity: .controllerManager), machines: machines,
                resources: api.kinds.resources, bootstrap: bootstrap, configuration: configuration,
                identity: identity,
                environment: environment, policies: PolicyTypeCheck(api),
                apiServices: APIServiceCheck(ask: aggregator.check), containers: pods?.runtime,
                stages: pods?.stages ?? PodStages(),
                podMetrics: pods.map {
                    MachineUsage(store: api.store, runtime: $0.runtime, now: environment.now).podMetrics
                }, metrics: QueueMetrics(factory: metrics))
        }
        // Neither needs the other, and the objects mostly wait for the disk. Of several replicas, only one needs it.
        async let planned = api.store.isShared ? nil : plan()
        try await setUp(api, bootstrap, machines)
        let kubeconfig = try await writtenKubeconfig.get()
        let current = CurrentControlPlane()
        metrics.add(collector: ServerMetrics.collector { current.controllers })
        health.progress.connect { current.stuck }
        health.informers.connect { current.syncFailure }
        let controlPlane = await planned
        await withDiscardingTaskGroup { group in
            if let controlPlane {
                current.set(controlPlane)
                group.addTask { await operate(controlPlane, api, health) }
            } else {
                let election = election(api.store, metrics)
                group.addTask {
                    await election.run {
                        let controlPlane = plan()
                        current.set(controlPlane)
                        await operate(controlPlane, api, health)
                        current.set(nil)
                    }
                }
            }
            group.addTask {
                let caches = ThreadCaches(threads: [http.onEachThread] + (dns.map { [$0.onEachLoop] } ?? []))
                await MemoryUpkeep(forget: api.forgetCaches, emptyThreads: caches.empty).run()
            }
            if let door { group.addTask { [logger] in await door.keepRenewing(http, logger: logger) } }
            group.addTask { [logger] in
                await uses.run(LoopbackClient(api: api, manager: "kube-apiserver"), logger: logger)
            }
            await cancelWhenGracefulShutdown { await controlPlane?.informers.waitForSync() }
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

    /// Does what only one server of a cluster may do, until the task is cancelled.
    private func operate(_ controlPlane: ControlPlane, _ api: API, _ health: HealthChecks) async {
        health.controllers.begin()
        await withDiscardingTaskGroup { group in
            group.addTask { await controlPlane.run(health.controllers) }
            group.addTask { await reconcileRoles(api) }
            group.addTask { await reconcileStandardObjects(api) }
            if configuration.eventTimeToLive > .zero {
                let expiry = EventExpiry(
                    store: api.store, timeToLive: configuration.eventTimeToLive, now: environment.now)
                group.addTask { await health.controllers.watch("EventExpiry") { await expiry.run() } }
            }
        }
    }

    private func election(_ store: Store, _ metrics: MetricsRegistry) -> LeaderElection {
        let election = LeaderElection(
            store: store, environment: environment,
            identity: ProcessInfo.processInfo.hostName + "_" + environment.newUID(), logger: logger)
        metrics.add(collector: ServerMetrics.collector(of: election.state))
        return election
    }

    private func bootstrap(_ api: API, _ identity: ClusterIdentity, _ bound: ListeningAddresses) -> Bootstrap {
        Bootstrap(
            client: LoopbackClient(api: api, manager: "kube-apiserver"),
            configuration: .init(
                serviceCIDRs: configuration.serviceClusterIPRanges.map(\.description), serverPort: bound.served[0].port,
                advertiseAddress: AdvertisedAddress.choose(
                    listening: bound.served, machine: HostAddresses.all(),
                    family: configuration.serviceClusterIPRanges[0].network, isBare: configuration.isBare),
                rootCertificates: identity.authority.rootPEM),
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
            async let roles = installRoles(api)
            try await bootstrap.complete(report: report)
            await standardObjects
            try await kubeDNS.get()
            try await roles.get()
        } catch {
            throw StartupError("cannot set up the cluster's own objects: \(error.message)")
        }
    }

    private func tell(_ addresses: ListeningAddresses, _ dns: DNSAddress?, _ kubeconfig: Kubeconfig?) {
        if let announce { return announce(addresses.plain, dns) }
        Welcome(addresses: addresses, dns: dns, kubeconfig: kubeconfig, configuration: configuration).printOut()
    }

    /// It leads to the door with TLS as the administrator, and to the port of the owner if there is no such door.
    ///
    /// - Returns: the kubeconfig written; nil if none was, and none was explicitly requested.
    private func writeKubeconfig(
        _ bound: ListeningAddresses, _ identity: ClusterIdentity
    ) -> Result<Kubeconfig?, StartupError> {
        guard let kubeconfig = configuration.kubeconfigFile else { return .success(nil) }
        do throws(Kubeconfig.Refusal) {
            if let secure = try secureAccess(bound, identity) {
                try kubeconfig.write(secure)
            } else if let plain = bound.plain.first {
                try kubeconfig.write(server: plain)
            }
            return .success(kubeconfig)
        } catch {
            if case .file = configuration.kubeconfig { return .failure(StartupError(error.description)) }
            logger.warning("there is no kubeconfig: \(error)")
            return .success(nil)
        }
    }

    private func secureAccess(
        _ bound: ListeningAddresses, _ identity: ClusterIdentity
    ) throws(Kubeconfig.Refusal) -> Kubeconfig.Access? {
        guard let address = bound.secure.first else { return nil }
        do {
            // Someone else's authority has signed a certificate that was given: clients know it, or are told.
            let authority = configuration.secure?.certificateFile == nil ? identity.authority.rootPEM : nil
            let client = try identity.authority.issueClient(
                user: "kubernetes-admin", groups: ["system:masters"], at: environment.now())
            return Kubeconfig.Access(server: address.reachable.secureURL, authority: authority, client: client)
        } catch {
            throw Kubeconfig.Refusal(description: "\(error)")
        }
    }

    private func standardObjects(_ api: API) -> StandardObjects {
        StandardObjects(
            client: LoopbackClient(api: api, manager: "api-priority-and-fairness-config-producer-v1"),
            servesMetrics: runsPods)
    }

    /// Those of a database that an older version has written may have other specs.
    private func reconcileStandardObjects(_ api: API) async {
        await standardObjects(api).reconcile { [logger] what, error in
            logger.error(
                "an object that every cluster has cannot be brought up to date",
                metadata: ["object": .string(what), "error": .string(error.message)])
        }
    }

    private func installStandardObjects(_ api: API) async {
        await standardObjects(api).install { [logger] what, error in
            logger.error(
                "an object that every cluster has is missing",
                metadata: ["object": .string(what), "error": .string(error.message)])
        }
    }

    private func installRoles(_ api: API) async -> Result<Void, APIStatus> {
        do throws(APIStatus) {
            try await DefaultRoleInstaller(api: api).install()
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// Those of a database that an older version has written may lack something.
    private func reconcileRoles(_ api: API) async {
        await DefaultRoleInstaller(api: api).reconcile { [logger] what, error in
            logger.error(
                "a default role cannot be completed",
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

    /// Whether there are kubelets, and so containers.
    private var runsPods: Bool {
        configuration.controllers.includes("kubelet", isOnByDefault: !configuration.isBare)
    }

    private func makeAPI(
        _ store: Store, _ access: AccessControl, _ metrics: MetricsRegistry
    ) async throws(StartupError) -> API {
        do {
            let types = try await BuiltInTypes.value
            let kinds = KindRegistry(
                Kind.builtIn + (runsPods ? Kind.resourceMetrics : []), catalog: CustomKinds(store: store, types: types))
            let settings = APIConfiguration(
                serviceClusterIPRanges: configuration.serviceClusterIPRanges,
                nodePortRange: configuration.nodePortRange, clusterDomain: configuration.clusterDomain,
                allowsPrivileged: configuration.allowsPrivileged, plugins: configuration.plugins)
            var api = API(
                store: store, types: types, kinds: kinds, configuration: settings, environment: environment,
                watchMetrics: WatchMetrics(factory: metrics))
            let plugins = configuration.plugins
            if access.restrictsNodes, plugins.contains(.nodeRestriction) {
                api.admission.append(GuardedWrites.nodes(access, store: store))
            }
            api.admission.append(GuardedWrites.escalation(access))
            api.admission.append(
                CertificateGuard(
                    access, checksApproval: plugins.contains(.certificateApproval),
                    checksSigning: plugins.contains(.certificateSigning)))
            if plugins.contains(.certificateSubjectRestriction) { api.admission.append(CertificateSubjectGuard()) }
            if plugins.contains(.podNodeSelector) { api.admission.append(NamespaceNodeSelector()) }
            if plugins.contains(.podTolerationRestriction) { api.admission.append(NamespaceTolerations()) }
            if let optional = OptionalAdmission(plugins) { api.admission.append(optional) }
            if plugins.contains(.ownerReferencesPermissionEnforcement) {
                api.admission.append(OwnerReferencePermissions(access: access))
            }
            api.ask(
                PolicyAdmission(metrics: PolicyMetrics(factory: metrics)) { user, question in
                    access.decide(question, by: user)
                },
                mutates: .mutatingAdmissionPolicy, validates: .validatingAdmissionPolicy)
            return api
        } catch {
            throw StartupError("the schemas in this program cannot be read (\(error)): build or install it anew")
        }
    }

    private func makeHTTP(
        _ api: API, _ authenticator: ClusterAuthenticator, _ access: AccessControl, _ dns: ClusterDNS?,
        _ health: HealthChecks, _ metrics: MetricsRegistry, _ machines: SimulatedMachines?, _ door: ServerDoor?,
        _ aggregator: Aggregator, _ loops: ServerLoops
    ) throws(StartupError) -> HTTPServer {
        let relay = StatisticsRelay()
        metrics.add(collector: ServerMetrics.collector(of: api.store))
        metrics.add(collector: ServerMetrics.collector { relay.read() })
        let debug = DebugPages(
            store: api.store, configuration: configuration, access: access,
            resolvConf: ResolvConfPage(store: api.store, configuration: configuration, address: { dns?.address }),
            status: StatusPage(
                configuration: configuration, checks: health.ready, dns: { dns?.address }, start: environment.now(),
                now: environment.now))
        let operations = OperationsEndpoint(
            live: health.live, ready: health.ready,
            pages: ComponentPages(flags: configuration.flags, start: environment.now(), now: environment.now),
            metrics: { metrics.text })
        let environment = environment
        let usage = machines.map {
            MachineUsage(store: api.store, runtime: $0.runtime, now: environment.now)
        }
        let limiter = FlowLimits.limiter(configuration.flowControl, api.store, metrics)
        let pipeline = Pipeline(
            api: api, limiter: limiter,
            documents: DiscoveryEndpoint(kinds: api.kinds, registry: api.types, remote: aggregator),
            operations: operations, issuer: IssuerEndpoint(tokens: authenticator.tokens, types: api.types),
            authenticator: authenticator, access: access, tokens: authenticator.tokens,
            podLogs: { pod, container, options in
                PodLogs.lines(
                    for: pod, container: container, options: .init(options, now: environment.now()),
                    more: api.store.queryLog(of: pod, dns))
            }, pods: machines?.runtime,
            nodePages: { [usage] node, request in await usage?.page(node, request) },
            resourceMetrics: usage?.resourceMetrics, remote: aggregator,
            components: ControlPlane.components(of: configuration), debug: debug.respond)
        var settings = HTTPServerConfiguration(addresses: configuration.listen)
        settings.allowsRemote = configuration.allowsRemote
        settings.isForOwner = true
        settings.secure = door?.secureDoor
        settings.shutdownGrace = .milliseconds(80)
        settings.reservedFiles += FileShares.current.dns
        let http = HTTPServer(
            configuration: settings, handler: ReplicaDoor(pipeline: pipeline, store: api.store).handle,
            logger: Logger(label: "http"),
            metrics: RequestMetrics(kinds: api.kinds, factory: metrics), loops: loops)
        relay.connect { http.statistics }
        return http
    }

    private func listen(_ http: HTTPServer) async throws(StartupError) -> ListeningAddresses {
        do {
            return ListeningAddresses(plain: try await http.start(), secure: http.secureAddresses)
        } catch {
            throw StartupError("\(error)")
        }
    }
}
