import FairleadModel

/// What Kubernetes' admission plugin StorageObjectInUseProtection does: what is in use is held by a finalizer, which a
/// controller takes away when nobody needs the object any more.
enum InUseProtection {
    static let volume = "kubernetes.io/pv-protection"
    static let claim = "kubernetes.io/pvc-protection"
    static let attributesClass = "kubernetes.io/vac-protection"

    static func protect(_ object: inout Value, by finalizer: String) {
        var finalizers = object.at("metadata", "finalizers")?.array ?? []
        if finalizers.contains(.string(finalizer)) { return }
        finalizers.append(.string(finalizer))
        object.set(.array(finalizers), at: "metadata", "finalizers")
    }
}
