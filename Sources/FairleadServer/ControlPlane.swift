import FairleadAPI
import FairleadBatch
package import FairleadClient
import FairleadClusterControllers
import FairleadControllers
import FairleadExplanation
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
    init(
        client: any ObjectClient, machines: any ObjectClient & PodBinder, resources: ResourceTable,
        bootstrap: Bootstrap, configuration: ServerConfiguration, environment: Environment,
        metrics: any WorkQueueMetricsProvider = NoWorkQueueMetrics()
    ) {
        informers = InformerSet(client: client)
        let settings = Settings(
            configuration, bootstrap, ManagedResources(Self.managedResources(resources), informers: informers), machines
        )
        let context = ControllerContext(
            client: client, informers: informers, environment: environment, metrics: metrics)
        controllers = Self.known.filter {
            configuration.controllers.includes($0.name, isOnByDefault: !$0.isStandIn || !configuration.isBare)
        }.map { $0.make(context, settings) }
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
    static let known: [ControllerDescriptor<Settings>] =
        (Controllers.all + BatchControllers.all).map { $0.within { $0.controllers } }
        + ClusterControllers.all.map { $0.within { _ in } }
        + [ServiceExplanationController.descriptor.within { $0.explanation }]
        + Simulation.controllers.map {
            $0.within {
                $0.simulation
            } context: { context, settings in
                var context = context
                context.client = settings.machines
                return context
            }
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
        var explanation: ServiceExplanationController.Settings
        var simulation: Simulation.Settings
        var machines: any ObjectClient

        fileprivate init(
            _ configuration: ServerConfiguration, _ bootstrap: Bootstrap, _ resources: ManagedResources,
            _ machines: any ObjectClient & PodBinder
        ) {
            controllers = ControllerSettings(resources: resources, bootstrap: bootstrap)
            controllers.rootCertificates = RootCertificate.pem
            controllers.nodeGracePeriod = configuration.nodeGracePeriod
            controllers.loadBalancerPools = configuration.loadBalancerPools
            explanation = .init(
                loadBalancers: configuration.loadBalancers, annotations: .simulated)
            simulation = Simulation.Settings(
                binder: machines,
                nodes: SimulatedNodes(count: configuration.nodes, podCIDRs: configuration.podCIDRs))
            simulation.gracePeriod = configuration.nodeGracePeriod
            self.machines = machines
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
