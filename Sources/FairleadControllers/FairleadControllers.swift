package import FairleadClient

/// The controllers of a control plane; those of Jobs and autoscalers are in `FairleadBatch`. They see the cluster through `FairleadClient` alone: informers show it, and what
/// they do about it are requests like anybody's.
package enum Controllers {
    /// All of them. A new one is one line here.
    package static let all: [ControllerDescriptor<ControllerSettings>] = [
        // kube-controller-manager
        EndpointsController.descriptor, EndpointSliceController.descriptor,
        EndpointSliceMirroringController.descriptor, PodGCController.descriptor, ResourceQuotaController.descriptor,
        NamespaceController.descriptor, ServiceAccountController.descriptor, TokenSecretController.descriptor,
        RootCertificateController.descriptor, GarbageCollector.descriptor, DaemonSetController.descriptor,
        DeploymentController.descriptor, ReplicaSetController.descriptor,
        ReplicationControllerController.descriptor, DisruptionController.descriptor,
        StatefulSetController.descriptor, NodeLifecycleController.descriptor, ServiceCIDRController.descriptor,
        ClaimProtectionController.descriptor,
        // kube-apiserver
        KubernetesServiceController.descriptor, IPAddressRepairController.descriptor, NamesController.descriptor,
        CleanupController.descriptor,
        // a cloud
        LoadBalancerController.descriptor,
    ]
}

/// What the controllers need to know beyond their context.
package struct ControllerSettings: Sendable {
    /// What can be in a namespace, own and be owned.
    package var resources: ManagedResources
    /// What the cluster always has.
    package var bootstrap: Bootstrap
    /// The contents of `ca.crt` in every namespace, PEM.
    package var rootCertificates = ""
    /// Without a sign of life for so long a node is Unknown.
    package var nodeGracePeriod = Duration.seconds(50)
    /// The same for a node that has never reported.
    package var nodeStartupGracePeriod = Duration.seconds(60)
    /// Where load-balancer addresses come from.
    package var loadBalancerPools: [LoadBalancerPool] = []
    /// The loadBalancerClass that is ours beside none at all.
    package var loadBalancerClass: String?
    /// How long a ServiceCIDR without addresses stays after its deletion was asked for.
    package var serviceCIDRGracePeriod = Duration.seconds(10)

    package init(resources: ManagedResources, bootstrap: Bootstrap) {
        self.resources = resources
        self.bootstrap = bootstrap
    }
}
