package import FairleadClient
package import FairleadModel

/// The controllers of a control plane; those of Jobs and autoscalers are in `FairleadBatch`. They have access to the
/// cluster only through `FairleadClient`: they read from informers, and write by ordinary requests.
package enum Controllers {
    /// All of them. To add a controller, add it here.
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
    /// The resources that can be in a namespace, own objects and be owned.
    package var resources: ManagedResources
    /// The objects that the cluster always has.
    package var bootstrap: Bootstrap
    /// The contents of `ca.crt` in every namespace, PEM.
    package var rootCertificates = ""
    /// Makes the token of a Secret for a ServiceAccount.
    package var secretToken: @Sendable (_ namespace: String, _ account: Value, _ secret: String) throws -> String = {
        _, _, _ in ""
    }
    /// A node without a sign of life for this long is Unknown.
    package var nodeGracePeriod = Duration.seconds(50)
    /// The same for a node that has never reported.
    package var nodeStartupGracePeriod = Duration.seconds(60)
    /// Where load-balancer addresses come from.
    package var loadBalancerPools: [LoadBalancerPool] = []
    /// The loadBalancerClass that is handled here, besides having none.
    package var loadBalancerClass: String?
    /// How long a ServiceCIDR without addresses stays after its deletion was requested.
    package var serviceCIDRGracePeriod = Duration.seconds(10)
    /// What the pods of a namespace use, as objects of metrics.k8s.io; nil if nobody serves that.
    package var podMetrics: (@Sendable (_ namespace: String) -> [Value])?

    package init(resources: ManagedResources, bootstrap: Bootstrap) {
        self.resources = resources
        self.bootstrap = bootstrap
    }
}
