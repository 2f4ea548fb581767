import FairleadRules
package import FairleadModel

/// The rules for PersistentVolumeClaims.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/validation`.
package enum ClaimValidation {
    private static let spec = FieldPath("spec")
    static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    package static func errors(for claim: Value) -> [FieldError] {
        ClaimSpecValidation.errors(claim["spec"] ?? .null, spec)
    }

    // MARK: Updates

    /// A claim's spec is immutable, so that quotas cannot be evaded, with exceptions: the volume may be set once, a
    /// claim without a class may get one, and a bound claim may request more.
    package static func errors(for claim: Value, old: Value) -> [FieldError] {
        let before = old["spec"] ?? .null
        let trustsGroups = ["dataSource", "dataSourceRef"].contains { before.at($0, "apiGroup") != nil }
        var errors = ClaimSpecValidation.errors(claim["spec"] ?? .null, trustsGroups: trustsGroups, spec)
        var fixed = claim["spec"] ?? .null
        var former = before
        if before.text("volumeName").isEmpty { former["volumeName"] = fixed["volumeName"] }
        let annotation = old.annotations[classAnnotation]
        let newAnnotation = claim.annotations[classAnnotation]
        let className = fixed["storageClassName"]?.string
        if before["storageClassName"] == nil, let annotation, className == annotation,
            newAnnotation == nil || newAnnotation == annotation
        {
            fixed["storageClassName"] = nil
        } else {
            if annotation != newAnnotation {
                errors.append(
                    .invalid(
                        FieldPath("metadata", "annotations").key(classAnnotation), .string(newAnnotation ?? ""),
                        "is immutable"))
            }
            if before["storageClassName"] == nil, let className, annotation == nil || annotation == className {
                fixed["storageClassName"] = nil
            }
        }
        if claim.at("status", "phase")?.string == "Bound", fixed.at("resources", "requests") != nil {
            fixed.set(before.at("resources", "requests", "storage"), at: "resources", "requests", "storage")
        }
        fixed["volumeAttributesClassName"] = before["volumeAttributesClassName"]
        if fixed != former { errors.append(changed(fixed, from: former)) }
        errors += shrinking(claim, old: old)
        errors += FieldChecks.unchanged(
            claim.at("spec", "volumeMode"), before["volumeMode"], FieldPath("volumeMode"))
        return errors + attributesClass(claim.at("spec", "volumeAttributesClassName"), old: before)
    }

    private static func changed(_ new: Value, from old: Value) -> FieldError {
        let diff = UnifiedDiff.text(
            from: InternalForm.lines(of: old, as: "PersistentVolumeClaimSpec"),
            to: InternalForm.lines(of: new, as: "PersistentVolumeClaimSpec"))
        return .forbidden(
            spec,
            "spec is immutable after creation except resources.requests and volumeAttributesClassName "
                + "for bound claims\n\(diff)")
    }

    /// A smaller request recovers from a failed expansion, but must stay above the claim's current capacity.
    private static func shrinking(_ claim: Value, old: Value) -> [FieldError] {
        func amount(_ value: Value?) -> Quantity { value?.string.flatMap { Quantity($0) } ?? Quantity(0) }
        let wanted = amount(claim.at("spec", "resources", "requests", "storage"))
        guard wanted < amount(old.at("spec", "resources", "requests", "storage")),
            wanted <= amount(old.at("status", "capacity", "storage"))
        else { return [] }
        return [
            .forbidden(
                spec.child("resources", "requests", "storage"), "field can not be less than status.capacity")
        ]
    }

    private static func attributesClass(_ name: Value?, old: Value) -> [FieldError] {
        guard old["volumeAttributesClassName"] != nil, name != old["volumeAttributesClassName"] else { return [] }
        let path = spec.child("volumeAttributesClassName")
        switch name?.string {
        case nil: return [.forbidden(path, "update from non-nil value to nil is forbidden")]
        case "": return [.forbidden(path, "update from non-nil value to an empty string is forbidden")]
        default: return []
        }
    }

    // MARK: Status

    private static let resizeStates = [
        "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizePending", "NodeResizeInProgress",
        "NodeResizeInfeasible",
    ]

    package static func statusErrors(for claim: Value) -> [FieldError] {
        let status = claim["status"] ?? .null
        let path = FieldPath("status")
        var errors: [FieldError] = []
        if (claim["spec"] ?? .null).strings("accessModes").isEmpty {
            errors.append(.required(FieldPath("Spec", "accessModes")))
        }
        for amount in status.entries("capacity") {
            errors += FieldChecks.nonNegativeQuantity(amount.value, path.child("capacity").key(amount.key))
        }
        for state in status.entries("allocatedResourceStatuses") {
            let here = path.child("allocatedResourceStatus")
            errors += resourceKey(state.key, here)
            if !resizeStates.contains(state.value.string ?? "") {
                errors.append(.notSupported(here, .string(state.key), supported: resizeStates))
            }
        }
        for amount in status.entries("allocatedResources") {
            let here = path.child("allocatedResources")
            let wrong = resourceKey(amount.key, here)
            errors += wrong.isEmpty ? FieldChecks.nonNegativeQuantity(amount.value, here.key(amount.key)) : wrong
        }
        return errors
    }

    private static func resourceKey(_ key: String, _ path: FieldPath) -> [FieldError] {
        let errors = FieldChecks.qualifiedName(key, path)
        let isNative = !key.contains("/") || key.contains("kubernetes.io/")
        guard errors.isEmpty, isNative, key != "storage" else { return errors }
        return [.notSupported(path, .string(key), supported: ["storage"])]
    }
}
