import FairleadModel

/// The rules of environment variables and where their values come from.
enum EnvironmentValidation {
    static func variables(_ variables: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, variable) in variables.enumerated() {
            let here = path.index(index)
            let name = variable.text("name")
            if name.isEmpty {
                errors.append(.required(here.child("name")))
            } else {
                errors += FieldChecks.messages(relaxedName(name), value: name, here.child("name"))
            }
            errors += valueFrom(variable, here.child("valueFrom"))
        }
        return errors
    }

    /// Any printable ASCII but `=` (RelaxedEnvironmentVariableValidation).
    private static func relaxedName(_ name: String) -> [String] {
        let isValid = name.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
        return isValid
            ? []
            : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    }

    private static let fieldPaths: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]

    private static func valueFrom(_ variable: Value, _ path: FieldPath) -> [FieldError] {
        guard let source = variable["valueFrom"] else { return [] }
        var errors: [FieldError] = []
        var count = 0
        for name in ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] {
            guard let reference = source[name] else { continue }
            count += 1
            let here = path.child(name)
            switch name {
            case "fieldRef": errors += fieldReference(reference, allowed: fieldPaths, here)
            case "resourceFieldRef": errors += resourceReference(reference, here)
            case "fileKeyRef":
                for key in ["key", "path", "volumeName"] where reference.text(key).isEmpty {
                    errors.append(.required(here.child(key)))
                }
            default: errors += keyReference(reference, here)
            }
        }
        if count == 0 {
            errors.append(
                .invalid(
                    path, "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or "
                        + "`fileKeyRef`"))
        } else if !variable.text("value").isEmpty {
            errors.append(.invalid(path, "", "may not be specified when `value` is not empty"))
        } else if count > 1 {
            errors.append(.invalid(path, "", "may not have more than one field specified at a time"))
        }
        return errors
    }

    private static let knownPaths: Set<String> = [
        "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
        "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "status.phase",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]

    static func fieldReference(_ reference: Value, allowed: Set<String>, _ path: FieldPath) -> [FieldError] {
        if reference.text("apiVersion").isEmpty { return [.required(path.child("apiVersion"))] }
        let text = reference.text("fieldPath")
        let here = path.child("fieldPath")
        if text.isEmpty { return [.required(here)] }
        if let bracket = text.firstIndex(of: "["), text.hasSuffix("']") {
            let base = String(text[..<bracket])
            let key = String(text[bracket...].dropFirst(2).dropLast(2))
            switch base {
            case "metadata.annotations":
                return FieldChecks.messages(NameRules.qualifiedName(key.lowercased()), value: key, path)
            case "metadata.labels": return FieldChecks.messages(NameRules.qualifiedName(key), value: key, path)
            default: return [.invalid(path, .string(text), "does not support subscript")]
            }
        }
        if !knownPaths.contains(text) {
            return [
                .invalid(here, .string(text), "error converting fieldPath: field label not supported: \(text)")
            ]
        }
        return allowed.contains(text)
            ? [] : [.notSupported(here, .string(text), supported: Array(allowed))]
    }

    private static let containerResources = [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
        "requests.memory",
    ]

    static func resourceReference(_ reference: Value, _ path: FieldPath) -> [FieldError] {
        let name = reference.text("resource")
        let here = path.child("resource")
        if name.isEmpty { return [.required(here)] }
        let isHugePages = name.hasPrefix("limits.hugepages-") || name.hasPrefix("requests.hugepages-")
        return containerResources.contains(name) || isHugePages
            ? [] : [.notSupported(here, .string(name), supported: containerResources)]
    }

    private static func keyReference(_ reference: Value, _ path: FieldPath) -> [FieldError] {
        var errors = FieldChecks.dnsSubdomain(reference.text("name"), path.child("name"))
        let key = reference.text("key")
        if key.isEmpty {
            errors.append(.required(path.child("key")))
        } else {
            errors += FieldChecks.messages(NameRules.configMapKey(key), value: key, path.child("key"))
        }
        return errors
    }

    /// The name of what all variables come from: checked like the start of a name, which may end with a dash.
    private static func objectName(_ reference: Value, _ path: FieldPath) -> [FieldError] {
        let name = reference.text("name")
        if name.isEmpty { return [.required(path)] }
        return FieldChecks.messages(NameRules.dns1123Subdomain(name.maskingTrailingDash), value: name, path)
    }

    static func sources(_ sources: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, source) in sources.enumerated() {
            let here = path.index(index)
            let prefix = source.text("prefix")
            if !prefix.isEmpty {
                errors += FieldChecks.messages(relaxedName(prefix), value: prefix, here.child("prefix"))
            }
            var count = 0
            for name in ["configMapRef", "secretRef"] {
                guard let reference = source[name] else { continue }
                count += 1
                errors += objectName(reference, here.child(name, "name"))
            }
            if count == 0 {
                errors.append(.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
            } else if count > 1 {
                errors.append(.invalid(path, "", "may not have more than one field specified at a time"))
            }
        }
        return errors
    }
}
