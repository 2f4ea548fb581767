package import FairleadClient

/// The controllers of what a cluster has beside workloads and Services: volumes, roles, flow control, API services. They
/// see the cluster as those in `FairleadControllers` do, and need to know nothing beyond it.
package enum ClusterControllers {
    /// All of them. A new one is one line here.
    package static let all: [ControllerDescriptor<Void>] = [
        // kube-controller-manager
        PersistentVolumeBinder.descriptor, VolumeProtectionController.descriptor,
        AttributesClassProtectionController.descriptor, RoleAggregationController.descriptor,
        // kube-apiserver
        StandardObjectsController.descriptor, FlowSchemaController.descriptor,
        APIServiceRegistrationController.descriptor, APIServiceAvailabilityController.descriptor,
    ]
}
