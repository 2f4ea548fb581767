/// What volumes and claims record about their binding, besides the two references.
package enum VolumeAnnotations {
    /// The controller has done everything to bind the claim.
    package static let bindCompleted = "pv.kubernetes.io/bind-completed"
    /// The controller, not a user, chose the other side.
    package static let boundByController = "pv.kubernetes.io/bound-by-controller"
    package static let provisionedBy = "pv.kubernetes.io/provisioned-by"
    /// The node that the scheduler has chosen for the claim's pod.
    package static let selectedNode = "volume.kubernetes.io/selected-node"
    package static let provisioner = "volume.kubernetes.io/storage-provisioner"
    package static let oldProvisioner = "volume.beta.kubernetes.io/storage-provisioner"
    private static let className = "volume.beta.kubernetes.io/storage-class"

    /// The class of a claim or volume; empty if it has none.
    package static func className(of object: Value) -> String {
        object.annotations[className] ?? object.text("spec", "storageClassName")
    }

    package static func set(_ annotation: String, _ text: String, on object: inout Value) {
        object.set(.string(text), at: "metadata", "annotations", annotation)
    }

    package static func remove(_ annotation: String, from object: inout Value) {
        var annotations = object.at("metadata", "annotations")?.object ?? Object()
        annotations[annotation] = nil
        object.set(annotations.isEmpty ? nil : .object(annotations), at: "metadata", "annotations")
    }
}
