import FairleadRules
package import FairleadModel

/// The rules for StorageClasses and VolumeAttributesClasses.
///
/// Reference: k8s.io/kubernetes `pkg/apis/storage/validation`.
package enum StorageClassValidation {
    package static func errors(for storageClass: Value) -> [FieldError] {
        var errors = provisioner(storageClass.text("provisioner"), FieldPath("provisioner"))
        errors += parameters(storageClass, mayBeEmpty: true)
        errors += oneOf(storageClass, "reclaimPolicy", ["Delete", "Retain"], mayBeEmpty: true)
        errors += oneOf(storageClass, "volumeBindingMode", ["Immediate", "WaitForFirstConsumer"], mayBeEmpty: false)
        return errors + topologies(storageClass.items("allowedTopologies"), FieldPath("allowedTopologies"))
    }

    package static func errors(for storageClass: Value, old: Value) -> [FieldError] {
        ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"].flatMap { field in
            FieldChecks.unchanged(storageClass[field], old[field], FieldPath(field))
        }
    }

    package static func attributesErrors(for attributesClass: Value) -> [FieldError] {
        provisioner(attributesClass.text("driverName"), FieldPath("driverName"))
            + parameters(attributesClass, mayBeEmpty: false)
    }

    package static func attributesErrors(for attributesClass: Value, old: Value) -> [FieldError] {
        ["driverName", "parameters"].filter { attributesClass[$0] != old[$0] }
            .map { .forbidden(FieldPath($0), "updates to \($0) are forbidden.") }
            + attributesErrors(for: attributesClass)
    }

    /// Kubernetes validates the name in lowercase, and prints it like that.
    private static func provisioner(_ name: String, _ path: FieldPath) -> [FieldError] {
        name.isEmpty ? [.required(path)] : FieldChecks.qualifiedName(name.lowercased(), path)
    }

    private static let mostParameters = 512
    private static let parameterBytes = 256 * 1024

    private static func parameters(_ object: Value, mayBeEmpty: Bool) -> [FieldError] {
        let path = FieldPath("parameters")
        let parameters = object.entries("parameters")
        if parameters.count > mostParameters { return [.tooLong(path, maximum: mostParameters)] }
        var errors: [FieldError] = []
        var size = 0
        for parameter in parameters {
            if parameter.key.isEmpty { errors.append(.invalid(path, "", "field can not be empty.")) }
            size += parameter.key.utf8.count + (parameter.value.string?.utf8.count ?? 0)
        }
        if size > parameterBytes { errors.append(.tooLong(path, maximum: parameterBytes)) }
        if !mayBeEmpty, parameters.isEmpty {
            errors.append(.required(path, "must contain at least one key/value pair"))
        }
        return errors
    }

    private static func oneOf(
        _ object: Value, _ field: String, _ values: [String], mayBeEmpty: Bool
    ) -> [FieldError] {
        guard let value = object[field]?.string else { return [] }
        if value.isEmpty && mayBeEmpty || values.contains(value) { return [] }
        return [.notSupported(FieldPath(field), .string(value), supported: values)]
    }

    /// The maximum number of errors about duplicate terms.
    private static let mostRepetitions = 1000

    /// Every term must be different. An empty one is reported once for every term, as in Kubernetes.
    private static func topologies(_ terms: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: [[String: Set<String>]: Int] = [[:]: terms.count]
        for (index, term) in terms.enumerated() {
            let here = path.index(index).child("matchLabelExpressions")
            var meaning: [String: Set<String>] = [:]
            for (position, expression) in term.items("matchLabelExpressions").enumerated() {
                let values = labelRequirement(expression, here.index(position), &errors)
                let key = expression.text("key")
                if meaning[key] != nil {
                    errors.append(.duplicate(here.index(position).child("key"), .string(key)))
                }
                meaning[key] = values
            }
            let times = min(seen[meaning] ?? 0, max(mostRepetitions - errors.count, 0))
            errors += Array(repeating: .duplicate(here, ""), count: times)
            seen[meaning, default: 0] += 1
        }
        return errors
    }

    private static func labelRequirement(
        _ expression: Value, _ path: FieldPath, _ errors: inout [FieldError]
    ) -> Set<String> {
        let values = expression.strings("values")
        var known: Set<String> = []
        if values.isEmpty { errors.append(.required(path.child("values"))) }
        for (index, value) in values.enumerated() where !known.insert(value).inserted {
            errors.append(.duplicate(path.child("values").index(index), .string(value)))
        }
        errors += FieldChecks.qualifiedName(expression.text("key"), path.child("key"))
        return known
    }
}
