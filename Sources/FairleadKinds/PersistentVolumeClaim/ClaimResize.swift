import FairleadModel

/// The admission plugin PersistentVolumeClaimResize: a bound claim may request more if its class allows that.
enum ClaimResize {
    static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    static func admit(_ claim: Value, old: Value, _ context: StrategyContext) throws(APIStatus) {
        guard context.configuration.plugins.contains(.persistentVolumeClaimResize), context.subresource == nil,
            size(of: claim) > size(of: old),
            old.at("status", "phase")?.string == "Bound"
        else { return }
        let name = old.annotations[classAnnotation] ?? old.at("spec", "storageClassName")?.string ?? ""
        let key = ObjectKey(GroupVersionResource.storageClasses.groupResource, namespace: "", name: name)
        let newName = claim.annotations[classAnnotation] ?? claim.at("spec", "storageClassName")?.string ?? ""
        if name == newName, !name.isEmpty,
            context.snapshot.object(key)?.value["allowVolumeExpansion"]?.bool == true
        {
            return
        }
        throw .forbidden(
            GroupVersionResource.persistentVolumeClaims.groupResource, name: claim.name,
            "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must "
                + "support resize")
    }

    private static func size(of claim: Value) -> Quantity {
        claim.at("spec", "resources", "requests", "storage")?.string.flatMap { Quantity($0) } ?? Quantity(0)
    }
}
