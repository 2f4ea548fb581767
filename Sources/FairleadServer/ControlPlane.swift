import FairleadAPI
import FairleadAdmission
import FairleadBatch
package import FairleadClient
import FairleadClusterControllers
import FairleadControllers
import FairleadExplanation
import FairleadIdentity
import FairleadModel
import FairleadSchema
import FairleadSimulation

/// The controllers of a server, and the informers they share.
package struct ControlPlane: Sendable {
    let informers: InformerSet
    let controllers: [any Controller]

    /// - Parameters:
    ///   - client: the client with which controllers write.
    ///   - machines: the client with which nodes, kubelets and the scheduler write.
    ///   - policies: what holds admission policies against schemas.
    ///   - apiServices: what asks the servers behind APIServices; nil if there is no way to them.
    ///   - containers: what runs the containers of simulated nodes; nil if they are all idle.
    ///   - stages: what users say of the life of pods.
    ///   - podMetrics: what the pods of a namespace use; nil if nobody knows.
    init(
        client: any ObjectClient, machines: any ObjectClient & PodBinder, resources: ResourceTable,
        bootstrap: Bootstrap, configuration: ServerConfiguration, identity: ClusterIdentity, environment: Environment,
        policies: PolicyTypeCheck, apiServices: APIServiceCheck? = nil, containers: ContainerRuntime? = nil,
        stages: PodStages = PodStages(),
        podMetrics: (@Sendable (_ namespace: String?) -> [Value])? = nil,
        metrics: any WorkQueueMetricsProvider = NoWorkQueueMetrics()
    ) {
        informers = InformerSet(client: client)
        var settings = Settings(
            configuration, identity, bootstrap,
            ManagedResources(Self.managedResources(resources), informers: informers), machines, policies, containers)
        settings.simulation.stages = stages
        if let apiServices { settings.apiServices = apiServices }
        if let podMetrics { settings.controllers.podMetrics = { podMetrics($0) } }
        let context = ControllerContext(
            client: client, informers: informers, environment: environment, metrics: metrics)
        controllers = Self.known.filter {
            configuration.controllers.includes($0.name, isOnByDefault: !$0.isStandIn || !configuration.isBare)
        }.map { controller in
            var (context, settings) = (context, settings)
            context.client = Self.acting(context.client, as: controller.name)
            settings.machines = Self.acting(settings.machines, as: controller.name)
            return controller.make(context, settings)
        }
    }

    /// Each controller has an identity of its own.
    private static func acting(_ client: any ObjectClient, as controller: String) -> any ObjectClient {
        (client as? LoopbackClient)?.acting(as: controller) ?? client
    }

    /// Runs everything until the task is cancelled.
    func run(_ liveness: ControllerLiveness) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await liveness.watch("informers") { await informers.run() } }
            for controller in controllers {
                group.addTask { await liveness.watch(controller.name) { await controller.run() } }
            }
        }
    }

    /// All controllers that a server can run.
    static let known: [ControllerDescriptor<Settings>] = managers + ownControllers + machineControllers

    /// Those of kube-controller-manager.
    private static let managers: [ControllerDescriptor<Settings>] =
        (Controllers.all + BatchControllers.all).map { $0.within { $0.controllers } }
        + ClusterControllers.all.map { $0.within { _ in } }
        + CertificateControllers.all.map { $0.within { $0.certificates } }
        + [APIServiceAvailabilityController.descriptor.within { $0.apiServices }]

    private static let ownControllers: [ControllerDescriptor<Settings>] = [
        ServiceExplanationController.descriptor.within { $0.explanation },
        PolicyStatusController.descriptor.within { $0.policies },
    ]

    private static let machineControllers: [ControllerDescriptor<Settings>] = Simulation.controllers.map {
        $0.within {
            $0.simulation
        } context: { context, settings in
            var context = context
            context.client = settings.machines
            return context
        }
    }

    /// Which components of a control plane run, by the names that ComponentStatuses have. A bare server answers as
    /// kube-apiserver does where it finds none of them at its own address.
    static func components(of configuration: ServerConfiguration) -> Set<String> {
        if configuration.isBare { return [] }
        func runs(_ controllers: [ControllerDescriptor<Settings>]) -> Bool {
            controllers.contains {
                configuration.controllers.includes($0.name, isOnByDefault: !$0.isStandIn || !configuration.isBare)
            }
        }
        var components: Set<String> = []
        if runs(managers) { components.insert("controller-manager") }
        if runs(machineControllers.filter { $0.alias == "scheduler" }) { components.insert("scheduler") }
        return components
    }

    /// Parses `--controllers`.
    package static func selection(
        _ text: String
    ) throws(ControllerSelection.UnknownName) -> ControllerSelection {
        let aliases = known.compactMap { controller in controller.alias.map { ($0, controller.name) } }
        return try ControllerSelection(
            text, known: known.map(\.name), aliases: Dictionary(aliases) { first, _ in first })
    }

    /// The settings of the modules that have controllers.
    struct Settings: Sendable {
        var controllers: ControllerSettings
        var certificates: CertificateControllers.Settings
        var explanation: ServiceExplanationController.Settings
        var simulation: Simulation.Settings
        var machines: any ObjectClient
        var policies: PolicyTypeCheck
        /// Asks servers behind APIServices whether they are there.
        var apiServices = APIServiceCheck { _ in "nobody asks it" }

        fileprivate init(
            _ configuration: ServerConfiguration, _ identity: ClusterIdentity, _ bootstrap: Bootstrap,
            _ resources: ManagedResources,
            _ machines: any ObjectClient & PodBinder, _ policies: PolicyTypeCheck, _ containers: ContainerRuntime?
        ) {
            controllers = ControllerSettings(resources: resources, bootstrap: bootstrap)
            controllers.rootCertificates = identity.authority.rootPEM
            controllers.secretToken = { [tokens = identity.tokens] namespace, account, secret in
                try tokens.legacyToken(namespace: namespace, account: ObjectClaim(account), secret: secret)
            }
            certificates = CertificateControllers.Settings(authority: identity.authority)
            controllers.nodeGracePeriod = configuration.nodeGracePeriod
            controllers.loadBalancerPools = configuration.loadBalancerPools
            explanation = .init(
                loadBalancers: configuration.loadBalancers, annotations: .simulated)
            simulation = Simulation.Settings(
                binder: machines,
                nodes: SimulatedNodes(count: configuration.nodes, podCIDRs: configuration.podCIDRs))
            simulation.gracePeriod = configuration.nodeGracePeriod
            simulation.runtime = containers
            self.machines = machines
            self.policies = policies
        }
    }

    /// What namespaces are emptied of and owners are followed through: every stored kind in its preferred version, but
    /// not events.k8s.io, which shows the core's Events.
    private static func managedResources(_ resources: ResourceTable) -> [ManagedResource] {
        resources.all.filter { info in
            info.isStored && info.gvr.group != "events.k8s.io"
                && resources.resource(info.gvr.groupResource)?.gvr == info.gvr
        }.map { ManagedResource($0.gvr, kind: $0.kind, isNamespaced: $0.isNamespaced) }
    }
}
