import FairleadRules
package import FairleadModel

/// The rules for PersistentVolumes.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/validation`.
package enum PersistentVolumeValidation {
    private static let spec = FieldPath("spec")

    package static func errors(for volume: Value) -> [FieldError] {
        let value = volume["spec"] ?? .null
        var errors = accessModes(of: value, spec)
        errors += capacity(value["capacity"], spec.child("capacity"))
        let policies = ["Delete", "Recycle", "Retain"]
        let policy = value.text("persistentVolumeReclaimPolicy")
        if !policy.isEmpty, !policies.contains(policy) {
            errors.append(
                .notSupported(
                    spec.child("persistentVolumeReclaimPolicy"), .string(policy), supported: policies))
        }
        if let affinity = value["nodeAffinity"] { errors += nodeAffinity(affinity, spec.child("nodeAffinity")) }
        errors += VolumeSourceValidation.errors(
            of: value, volume: volume.name, hasAffinity: value.at("nodeAffinity", "required") != nil, spec)
        if policy == "Recycle", let path = value.at("hostPath", "path")?.string, isRoot(path) {
            errors.append(
                .forbidden(
                    spec.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"))
        }
        let className = value.text("storageClassName")
        if !className.isEmpty { errors += FieldChecks.dnsSubdomain(className, spec.child("storageClassName")) }
        errors += ClaimSpecValidation.volumeMode(value, spec)
        return errors + attributesClass(value, spec)
    }

    package static func errors(for volume: Value, old: Value) -> [FieldError] {
        let new = volume["spec"] ?? .null
        let before = old["spec"] ?? .null
        var errors = self.errors(for: volume)
        var source = new
        // The secret for expanding a volume may be added later.
        if before.at("csi", "controllerExpandSecretRef") == nil {
            source.change("csi") { $0["controllerExpandSecretRef"] = nil }
        }
        let type = "PersistentVolumeSource"
        let lines = InternalForm.lines(of: source, as: type)
        let formerLines = InternalForm.lines(of: before, as: type)
        if lines != formerLines {
            errors.append(
                .forbidden(
                    spec.child("persistentvolumesource"),
                    "spec.persistentvolumesource is immutable after creation\n"
                        + UnifiedDiff.text(from: formerLines, to: lines)))
        }
        errors += FieldChecks.unchanged(new["volumeMode"], before["volumeMode"], FieldPath("volumeMode"))
        if let affinity = before["nodeAffinity"] {
            errors += VolumeAffinityUpdate.errors(new["nodeAffinity"], old: affinity)
        }
        if before["volumeAttributesClassName"] != nil, new["volumeAttributesClassName"] == nil {
            errors.append(
                .forbidden(
                    spec.child("volumeAttributesClassName"), "update from non-nil value to nil is forbidden"))
        }
        return errors
    }

    /// A volume inside a VolumeAttachment: a CSI volume with hardly any other field.
    static func inlineErrors(of value: Value, _ path: FieldPath) -> [FieldError] {
        let foreign = "may not be specified in the context of inline volumes"
        var errors: [FieldError] = []
        for name in ["claimRef", "capacity"]
        where !value.isEmptyOrAbsent(name) || value[name] != nil && name == "claimRef" {
            errors.append(.forbidden(path.child(name), foreign))
        }
        if value["csi"] == nil {
            errors.append(.required(path.child("csi"), "has to be specified in the context of inline volumes"))
        }
        errors += accessModes(of: value, path)
        let policy = value.text("persistentVolumeReclaimPolicy")
        if !policy.isEmpty, policy != "Retain" {
            errors.append(
                .forbidden(
                    path.child("persistentVolumeReclaimPolicy"),
                    "may only be Retain in the context of inline volumes"))
        }
        if value["nodeAffinity"] != nil { errors.append(.forbidden(path.child("nodeAffinity"), foreign)) }
        errors += VolumeSourceValidation.errors(of: value, volume: "", hasAffinity: false, path)
        if !value.text("storageClassName").isEmpty {
            errors.append(.forbidden(path.child("storageClassName"), foreign))
        }
        if let mode = value["volumeMode"]?.string, mode != "Filesystem" {
            errors.append(
                .forbidden(
                    path.child("volumeMode"),
                    "may not specify volumeMode other than Filesystem in the context of inline volumes"))
        }
        return errors
    }

    private static func accessModes(of value: Value, _ path: FieldPath) -> [FieldError] {
        let modes = value.strings("accessModes")
        return (modes.isEmpty ? [.required(path.child("accessModes"))] : [])
            + ClaimSpecValidation.accessModes(modes, path.child("accessModes"))
    }

    private static func capacity(_ value: Value?, _ path: FieldPath) -> [FieldError] {
        let amounts = value?.object?.members ?? []
        var errors: [FieldError] = amounts.isEmpty ? [.required(path)] : []
        if amounts.count != 1 || amounts[0].key != "storage" {
            errors.append(.notSupported(path, value ?? .null, supported: ["storage"]))
        }
        for amount in amounts { errors += FieldChecks.positiveQuantity(amount.value, path.key(amount.key)) }
        return errors
    }

    private static func nodeAffinity(_ affinity: Value, _ path: FieldPath) -> [FieldError] {
        guard let required = affinity["required"] else {
            return [.required(path.child("required"), "must specify required node constraints")]
        }
        return AffinityValidation.nodeSelector(required, path.child("required"))
    }

    /// Whether the path resolves to the root of the file system.
    private static func isRoot(_ path: String) -> Bool {
        path.hasPrefix("/") && path.split(separator: "/").allSatisfy { $0 == "." || $0 == ".." }
    }

    private static func attributesClass(_ value: Value, _ path: FieldPath) -> [FieldError] {
        guard let name = value["volumeAttributesClassName"]?.string else { return [] }
        let here = path.child("volumeAttributesClassName")
        var errors: [FieldError] =
            name.isEmpty ? [.required(here, "an empty string is disallowed")] : FieldChecks.dnsSubdomain(name, here)
        if value["csi"] == nil {
            errors.append(
                .required(path.child("csi"), "has to be specified when using volumeAttributesClassName"))
        }
        return errors
    }
}
