package import FairleadModel

/// The rules of templates of PersistentVolumeClaims, and of the specs of claims themselves.
///
/// Reference: ValidatePersistentVolumeClaimTemplate of k8s.io/kubernetes `pkg/apis/core/validation`.
package enum ClaimTemplateValidation {
    static func errors(_ template: Value, _ path: FieldPath) -> [FieldError] {
        let metadata = template["metadata"] ?? .null
        let here = path.child("metadata")
        var errors = FieldChecks.annotations(metadata["annotations"], here.child("annotations"))
        errors += FieldChecks.labels(metadata["labels"], here.child("labels"))
        for field in otherMetadata where !isZero(metadata[field]) {
            errors.append(.forbidden(here.child(shown[field] ?? field), "cannot be set"))
        }
        return errors + specErrors(template["spec"] ?? .null, path.child("spec"))
    }

    /// What else metadata has, in the order of Go's fields.
    private static let otherMetadata = [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields",
    ]
    private static let shown = ["uid": "uID"]

    private static func isZero(_ value: Value?) -> Bool {
        switch value {
        case nil, .null?, .string("")?, .int(0)?: true
        default: false
        }
    }

    private static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

    /// The errors of a claim's spec.
    package static func specErrors(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let here = path.child("accessModes")
        let modes = spec.strings("accessModes")
        var errors: [FieldError] = modes.isEmpty ? [.required(here, "at least 1 access mode is required")] : []
        errors += FieldChecks.labelSelector(spec["selector"], path.child("selector"))
        for mode in modes { errors += FieldChecks.oneOf(mode, accessModes, here) }
        let known = Set(modes).intersection(accessModes)
        if known.contains("ReadWriteOncePod"), known.count > 1 {
            errors.append(.forbidden(here, "may not use ReadWriteOncePod with other access modes"))
        }
        errors += storage(spec, path.child("resources").key("storage"))
        if let name = spec["storageClassName"]?.string, !name.isEmpty {
            errors += FieldChecks.dnsSubdomain(name, path.child("storageClassName"))
        }
        if let mode = spec["volumeMode"]?.string {
            errors += FieldChecks.oneOf(mode, ["Block", "Filesystem"], path.child("volumeMode"))
        }
        errors += sources(spec, path)
        if let name = spec["volumeAttributesClassName"]?.string, !name.isEmpty {
            errors += FieldChecks.dnsSubdomain(name, path.child("volumeAttributesClassName"))
        }
        return errors
    }

    private static func storage(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let text = spec.at("resources", "requests", "storage")?.string, let amount = Quantity(text) else {
            return [.required(path)]
        }
        return amount <= Quantity(0)
            ? [.invalid(path, .string(amount.description), "must be greater than zero")] : []
    }

    private static func sources(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let plain = spec["dataSource"]
        let reference = spec["dataSourceRef"]
        var errors: [FieldError] = []
        if let plain { errors += source(plain, path.child("dataSource")) }
        if let reference {
            errors += source(reference, path.child("dataSourceRef"))
            let namespace = reference.text("namespace")
            if !namespace.isEmpty {
                errors += FieldChecks.dnsLabel(namespace, path.child("dataSourceRef", "namespace"))
            }
        }
        guard let plain, let reference else { return errors }
        // What stands as the value is the path of the field, which prints as a struct without exported fields.
        if !reference.text("namespace").isEmpty {
            errors.append(
                .invalid(path, printed: "{}", "may not be specified when dataSourceRef.namespace is specified"))
        } else if ["apiGroup", "kind", "name"].contains(where: { plain[$0] != reference[$0] }) {
            errors.append(.invalid(path, printed: "{}", "must match dataSourceRef"))
        }
        return errors
    }

    private static func source(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["name", "kind"] where source.text(field).isEmpty { errors.append(.required(path.child(field))) }
        let group = source.text("apiGroup")
        let kind = source.text("kind")
        if group.isEmpty {
            if kind != "PersistentVolumeClaim" {
                errors.append(
                    .invalid(
                        path, .string(kind),
                        "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
            }
        } else {
            errors += FieldChecks.dnsSubdomain(group, path.child("apiGroup"))
        }
        return errors
    }
}
