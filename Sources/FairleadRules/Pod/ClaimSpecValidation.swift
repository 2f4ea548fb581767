package import FairleadModel

/// The rules for PersistentVolumeClaim specs, and for the modes that volumes share with them.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/validation`.
package enum ClaimSpecValidation {
    package static let accessModes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]
    static let volumeModes = ["Block", "Filesystem"]

    /// Each mode must be known, and ReadWriteOncePod excludes the others.
    package static func accessModes(_ modes: [String], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for mode in modes where !accessModes.contains(mode) {
            errors.append(.notSupported(path, .string(mode), supported: accessModes))
        }
        if modes.contains("ReadWriteOncePod"),
            modes.contains(where: { $0 != "ReadWriteOncePod" && accessModes.contains($0) })
        {
            errors.append(.forbidden(path, "may not use ReadWriteOncePod with other access modes"))
        }
        return errors
    }

    package static func volumeMode(_ value: Value, _ path: FieldPath) -> [FieldError] {
        guard let mode = value["volumeMode"]?.string, !volumeModes.contains(mode) else { return [] }
        return [.notSupported(path.child("volumeMode"), .string(mode), supported: volumeModes)]
    }

    /// - Parameter trustsGroups: whether to skip the groups of data sources, because the old claim had one already.
    package static func errors(
        _ value: Value, trustsGroups: Bool = false, _ path: FieldPath
    ) -> [FieldError] {
        let modes = value.strings("accessModes")
        var errors: [FieldError] =
            modes.isEmpty ? [.required(path.child("accessModes"), "at least 1 access mode is required")] : []
        errors += FieldChecks.labelSelector(value["selector"], path.child("selector"))
        errors += accessModes(modes, path.child("accessModes"))
        let storage = path.child("resources").key("storage")
        if let amount = value.at("resources", "requests", "storage") {
            errors += FieldChecks.positiveQuantity(amount, storage)
        } else {
            errors.append(.required(storage))
        }
        let className = value.text("storageClassName")
        if !className.isEmpty { errors += FieldChecks.dnsSubdomain(className, path.child("storageClassName")) }
        errors += volumeMode(value, path)
        errors += dataSources(value, trustsGroups: trustsGroups, path)
        let attributes = value.text("volumeAttributesClassName")
        if !attributes.isEmpty {
            errors += FieldChecks.dnsSubdomain(attributes, path.child("volumeAttributesClassName"))
        }
        return errors
    }

    private static func dataSources(_ value: Value, trustsGroups: Bool, _ path: FieldPath) -> [FieldError] {
        let source = value["dataSource"]
        let reference = value["dataSourceRef"]
        var errors: [FieldError] = []
        for (name, part) in [("dataSource", source), ("dataSourceRef", reference)] {
            guard let part else { continue }
            errors += dataSource(part, trustsGroups: trustsGroups, path.child(name))
        }
        guard let source, let reference else { return errors }
        // Kubernetes passes the path as the value, which prints as a struct without exported fields.
        if !reference.text("namespace").isEmpty {
            errors.append(
                .invalid(path, printed: "{}", "may not be specified when dataSourceRef.namespace is specified"))
        } else if ["apiGroup", "kind", "name"].contains(where: { source[$0] != reference[$0] }) {
            errors.append(.invalid(path, printed: "{}", "must match dataSourceRef"))
        }
        return errors
    }

    private static func dataSource(_ source: Value, trustsGroups: Bool, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["name", "kind"] where source.text(field).isEmpty { errors.append(.required(path.child(field))) }
        let group = source.text("apiGroup")
        let kind = source.text("kind")
        if group.isEmpty, kind != "PersistentVolumeClaim" {
            errors.append(
                .invalid(
                    path, .string(kind), "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
        }
        if !group.isEmpty, !trustsGroups { errors += FieldChecks.dnsSubdomain(group, path.child("apiGroup")) }
        let namespace = source.text("namespace")
        if !namespace.isEmpty { errors += FieldChecks.dnsLabel(namespace, path.child("namespace")) }
        return errors
    }
}
