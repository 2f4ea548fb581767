import FairleadKindRules
import FairleadModel

/// The rules of PersistentVolumeClaims.
struct PersistentVolumeClaimStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        spec.setDefault("volumeMode", "Filesystem")
        spec.setDefault("resources", .object(Object()))
        object["spec"] = spec
        var status = object["status"] ?? .object(Object())
        status.setDefaultText("phase", "Pending")
        object["status"] = status
    }

    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        if let old { return try ClaimResize.admit(object, old: old, context) }
        InUseProtection.protect(&object, by: InUseProtection.claim, context)
        // The admission plugin DefaultStorageClass.
        guard context.configuration.plugins.contains(.defaultStorageClass),
            object.at("spec", "storageClassName") == nil, object.annotations[ClaimResize.classAnnotation] == nil,
            let name = DefaultClass.name(of: .storageClasses, DefaultClass.ofClaims, context)
        else { return }
        object.set(.string(name), at: "spec", "storageClassName")
    }

    /// Checks the bounds of LimitRanges.
    func validateAdmission(_ object: Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard context.subresource == nil, object.deletionTimestamp == nil else { return }
        let ranges = LimitRanger.ranges(in: object.namespace, context)
        guard let reason = LimitRanger.refusal(ofClaim: object, by: ranges) else { return }
        throw .forbidden(
            GroupResource(group: "", resource: "persistentvolumeclaims"), name: object.name, reason)
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["phase": "Pending"]
        ClaimDataSource.normalize(&object, old: nil)
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["status"] = old["status"]
        ClaimDataSource.normalize(&object, old: old)
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        ClaimValidation.errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        ClaimValidation.errors(for: object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        ClaimValidation.statusErrors(for: object)
    }

    var answersDeletedObject: Bool { true }
}
