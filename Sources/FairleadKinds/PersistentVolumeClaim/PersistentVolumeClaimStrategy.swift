import FairleadRules
import FairleadModel

/// The rules of PersistentVolumeClaims.
struct PersistentVolumeClaimStrategy: ResourceStrategy {
    private static let protection: Value = "kubernetes.io/pvc-protection"
    private static let accessModes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]

    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        spec.setDefault("volumeMode", "Filesystem")
        spec.setDefault("resources", .object(Object()))
        object["spec"] = spec
        var status = object["status"] ?? .object(Object())
        status.setDefaultText("phase", "Pending")
        object["status"] = status
    }

    /// The plugin StorageObjectInUseProtection: a claim is held until no pod uses it.
    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard old == nil else { return }
        var finalizers = object.at("metadata", "finalizers")?.array ?? []
        if !finalizers.contains(Self.protection) { finalizers.append(Self.protection) }
        object.set(.array(finalizers), at: "metadata", "finalizers")
    }

    /// The bounds of LimitRanges.
    func validateAdmission(_ object: Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard context.subresource == nil, object.deletionTimestamp == nil else { return }
        let ranges = LimitRanger.ranges(in: object.namespace, context)
        guard let reason = LimitRanger.refusal(ofClaim: object, by: ranges) else { return }
        throw .forbidden(
            GroupResource(group: "", resource: "persistentvolumeclaims"), name: object.name, reason)
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["phase": "Pending"]
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = FieldPath("spec")
        var errors = FieldChecks.labelSelector(spec["selector"], path.child("selector"))
        let modes = spec.strings("accessModes")
        if modes.isEmpty {
            errors.append(.required(path.child("accessModes"), "at least 1 access mode is required"))
        }
        for mode in modes where !Self.accessModes.contains(mode) {
            errors.append(.notSupported(path.child("accessModes"), .string(mode), supported: Self.accessModes))
        }
        let storage = path.child("resources").key("storage")
        if let text = spec.at("resources", "requests", "storage")?.string, let amount = Quantity(text) {
            if amount <= Quantity(0) {
                errors.append(.invalid(storage, .string(amount.description), "must be greater than zero"))
            }
        } else {
            errors.append(.required(storage))
        }
        if let name = spec["storageClassName"]?.string, !name.isEmpty {
            errors += FieldChecks.dnsSubdomain(name, path.child("storageClassName"))
        }
        if let mode = spec["volumeMode"]?.string, !["Block", "Filesystem"].contains(mode) {
            errors.append(
                .notSupported(path.child("volumeMode"), .string(mode), supported: ["Block", "Filesystem"]))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = validate(object, context)
        var new = object["spec"] ?? .null
        let before = old["spec"] ?? .null
        if before.text("volumeName").isEmpty { new["volumeName"] = before["volumeName"] }
        if before["storageClassName"] == nil { new["storageClassName"] = nil }
        if old.at("status", "phase")?.string == "Bound" {
            new.set(before.at("resources", "requests"), at: "resources", "requests")
            new["volumeAttributesClassName"] = before["volumeAttributesClassName"]
        }
        if new == before { return errors }
        let diff = UnifiedDiff.text(
            from: InternalForm.lines(of: before, as: "PersistentVolumeClaimSpec"),
            to: InternalForm.lines(of: new, as: "PersistentVolumeClaimSpec"))
        errors.append(
            .forbidden(
                FieldPath("spec"),
                "spec is immutable after creation except resources.requests and volumeAttributesClassName "
                    + "for bound claims\n\(diff)"))
        return errors
    }

    func warnings(for object: Value, old: Value?) -> [String] { [] }
}
