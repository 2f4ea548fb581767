import FairleadAPI
import FairleadClient
import FairleadControllers
import FairleadExplanation
import FairleadModel
import FairleadSchema
import FairleadSimulation

/// The controllers of a server, and the informers they share.
struct ControlPlane: Sendable {
    let informers: InformerSet
    let controllers: [any Controller]

    init(
        client: any ObjectClient, resources: ResourceTable, bootstrap: Bootstrap, configuration: ServerConfiguration,
        environment: Environment
    ) {
        let informers = InformerSet(client: client)
        let managed = ManagedResources(Self.managedResources(resources), informers: informers)
        var controllers: [any Controller] = [
            EndpointSliceController(informers: informers, environment: environment),
            EndpointsController(informers: informers, environment: environment),
            EndpointSliceMirroringController(informers: informers, environment: environment),
            ServiceCIDRController(informers: informers, environment: environment),
            IPAddressRepairController(informers: informers, environment: environment),
            DeploymentController(client: client, informers: informers, environment: environment),
            ReplicaSetController(client: client, informers: informers, environment: environment),
            StatefulSetController(client: client, informers: informers, environment: environment),
            DaemonSetController(client: client, informers: informers, environment: environment),
            JobController(client: client, informers: informers, environment: environment),
            NamespaceController(client: client, informers: informers, environment: environment, resources: managed),
            GarbageCollector(client: client, informers: informers, environment: environment, resources: managed),
            NamesController(client: client, informers: informers, environment: environment, resources: managed),
            CleanupController(client: client, informers: informers, environment: environment, resources: managed),
            ServiceAccountController(
                client: client, informers: informers, environment: environment,
                rootCertificates: Self.rootCertificates),
            DisruptionController(client: client, informers: informers, environment: environment),
            ResourceQuotaController(client: client, informers: informers, resources: managed),
            PodGCController(client: client, informers: informers, environment: environment),
            NodeLifecycleController(
                informers: informers, gracePeriod: configuration.nodeGracePeriod, environment: environment),
            KubernetesServiceController(informers: informers, bootstrap: bootstrap),
        ]
        if !configuration.isBare {
            controllers.append(
                LoadBalancerController(
                    informers: informers, pools: configuration.loadBalancerPools, environment: environment))
            controllers.append(
                ServiceExplanationController(
                    informers: informers, loadBalancers: configuration.loadBalancers,
                    readinessAnnotation: SimulationKeys.ready, environment: environment))
        }
        self.informers = informers
        self.controllers = controllers
    }

    /// Runs everything until the task is cancelled.
    func run(_ liveness: ControllerLiveness) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await liveness.watch("informers") { await informers.run() } }
            for controller in controllers {
                group.addTask { await liveness.watch("\(type(of: controller))") { await controller.run() } }
            }
        }
    }

    /// What namespaces are emptied of and owners are followed through: every stored kind but Events, which nobody
    /// owns and which go with their namespace all the same.
    private static func managedResources(_ resources: ResourceTable) -> [ManagedResource] {
        resources.all.filter { $0.isStored && $0.gvr.group != "events.k8s.io" }.map {
            ManagedResource($0.gvr, kind: $0.kind, isNamespaced: $0.isNamespaced)
        }
    }

    /// What `kube-root-ca.crt` holds. Plain HTTP has no certificate authority; clients only look for the key.
    private static let rootCertificates = ""
}
