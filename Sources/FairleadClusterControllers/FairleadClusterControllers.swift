package import FairleadClient

/// The controllers of cluster resources other than workloads and Services: volumes, roles, flow control, APIServices.
/// They see the cluster as those in `FairleadControllers` do, and need no settings beyond that.
package enum ClusterControllers {
    /// All of them. To add a controller, add it here.
    package static let all: [ControllerDescriptor<Void>] = [
        // kube-controller-manager
        PersistentVolumeBinder.descriptor, VolumeProtectionController.descriptor,
        AttributesClassProtectionController.descriptor, RoleAggregationController.descriptor,
        // kube-apiserver
        StandardObjectsController.descriptor, FlowSchemaController.descriptor,
        APIServiceRegistrationController.descriptor,
    ]
}
