import FairleadModel

/// The admission plugin StorageObjectInUseProtection: objects in use are kept by a finalizer, which a controller
/// removes once nobody needs them any more.
enum InUseProtection {
    static let volume = "kubernetes.io/pv-protection"
    static let claim = "kubernetes.io/pvc-protection"
    static let attributesClass = "kubernetes.io/vac-protection"

    static func protect(_ object: inout Value, by finalizer: String, _ context: StrategyContext) {
        guard context.configuration.plugins.contains(.storageObjectInUseProtection) else { return }
        var finalizers = object.at("metadata", "finalizers")?.array ?? []
        if finalizers.contains(.string(finalizer)) { return }
        finalizers.append(.string(finalizer))
        object.set(.array(finalizers), at: "metadata", "finalizers")
    }
}
