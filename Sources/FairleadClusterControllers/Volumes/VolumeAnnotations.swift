import FairleadModel

/// What volumes and claims say about their binding, beside the two references.
enum VolumeAnnotations {
    /// The controller has done all it has to do for a claim to be bound.
    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    /// The controller, not a person, chose the other side.
    static let boundByController = "pv.kubernetes.io/bound-by-controller"
    static let provisionedBy = "pv.kubernetes.io/provisioned-by"
    /// A scheduler has chosen a node for the claim's pod.
    static let selectedNode = "volume.kubernetes.io/selected-node"
    static let provisioner = "volume.kubernetes.io/storage-provisioner"
    static let oldProvisioner = "volume.beta.kubernetes.io/storage-provisioner"
    private static let className = "volume.beta.kubernetes.io/storage-class"

    /// The class of a claim or volume; empty for none.
    static func className(of object: Value) -> String {
        object.annotations[className] ?? object.text("spec", "storageClassName")
    }

    static func set(_ annotation: String, _ text: String, on object: inout Value) {
        object.set(.string(text), at: "metadata", "annotations", annotation)
    }

    static func remove(_ annotation: String, from object: inout Value) {
        var annotations = object.at("metadata", "annotations")?.object ?? Object()
        annotations[annotation] = nil
        object.set(annotations.isEmpty ? nil : .object(annotations), at: "metadata", "annotations")
    }
}
