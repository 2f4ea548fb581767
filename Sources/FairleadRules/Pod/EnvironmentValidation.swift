import FairleadModel

/// The rules for environment variables and their sources.
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

    /// Any printable ASCII except `=` (RelaxedEnvironmentVariableValidation).
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
            case "resourceFieldRef": errors += resourceReference(reference, inVolume: false, here)
            case "fileKeyRef": errors += fileKeyReference(reference, here)
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
        let version = reference.text("apiVersion")
        if version.isEmpty { return [.required(path.child("apiVersion"))] }
        let text = reference.text("fieldPath")
        let here = path.child("fieldPath")
        if text.isEmpty { return [.required(here)] }
        func unconvertible(_ why: String) -> [FieldError] {
            [.invalid(here, .string(text), "error converting fieldPath: \(why)")]
        }
        if version != "v1" { return unconvertible("unsupported pod version: \(version)") }
        if let (base, key) = subscripted(text) {
            switch base {
            case "metadata.annotations":
                let folded = key.lowercased()
                return FieldChecks.messages(NameRules.qualifiedName(folded), value: folded, path)
            case "metadata.labels": return FieldChecks.messages(NameRules.qualifiedName(key), value: key, path)
            default: return unconvertible("field label does not support subscript: \(text)")
            }
        }
        // The name that very old clients use.
        let name = text == "spec.host" ? "spec.nodeName" : text
        if !knownPaths.contains(name) { return unconvertible("field label not supported: \(text)") }
        return allowed.contains(name)
            ? [] : [.notSupported(here, .string(name), supported: Array(allowed))]
    }

    /// Splits `metadata.labels['x']` into its parts; nil for a path without a subscript.
    private static func subscripted(_ text: String) -> (base: String, key: String)? {
        guard text.hasSuffix("']") else { return nil }
        let parts = text.dropLast(2).split(separator: "['", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    private static let containerResources = [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
        "requests.memory",
    ]

    /// - Parameter inVolume: whether the reference is in a volume, outside any container, so that it must name one.
    static func resourceReference(_ reference: Value, inVolume: Bool, _ path: FieldPath) -> [FieldError] {
        let name = reference.text("resource")
        let here = path.child("resource")
        let isHugePages = name.hasPrefix("limits.hugepages-") || name.hasPrefix("requests.hugepages-")
        var errors: [FieldError] = []
        if inVolume, reference.text("containerName").isEmpty {
            errors.append(.required(path.child("containerName")))
        } else if name.isEmpty {
            errors.append(.required(here))
        } else if !containerResources.contains(name), !isHugePages {
            errors.append(.notSupported(here, .string(name), supported: containerResources))
        }
        return errors + divisor(reference, of: name, isHugePages: isHugePages, path.child("divisor"))
    }

    private static let sizes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]

    private static func divisor(
        _ reference: Value, of name: String, isHugePages: Bool, _ path: FieldPath
    ) -> [FieldError] {
        guard let amount = reference["divisor"]?.string.flatMap({ Quantity($0) }), !amount.isZero else { return [] }
        let text = amount.description
        let words: String
        switch name {
        case "limits.cpu", "requests.cpu":
            return ["1m", "1"].contains(text)
                ? []
                : [.invalid(path, .string(name), "only divisor's values 1m and 1 are supported with the cpu resource")]
        case "limits.memory", "requests.memory": words = "memory"
        case "limits.ephemeral-storage", "requests.ephemeral-storage": words = "local ephemeral storage"
        default:
            if !isHugePages { return [] }
            words = "hugepages"
        }
        if sizes.contains(text) { return [] }
        let list = sizes.joined(separator: ", ")
        return [
            .invalid(
                path, .string(name), "only divisor's values \(list) are supported with the \(words) resource")
        ]
    }

    private static func fileKeyReference(_ reference: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let key = reference.text("key")
        errors +=
            key.isEmpty
            ? [.required(path.child("key"))]
            : FieldChecks.messages(relaxedName(key), value: key, path.child("key"))
        let volume = reference.text("volumeName")
        errors +=
            volume.isEmpty
            ? [.required(path.child("volumeName"))] : FieldChecks.dnsLabel(volume, path.child("volumeName"))
        let file = reference.text("path")
        errors +=
            file.isEmpty ? [.required(path.child("path"))] : VolumeValidation.noBacksteps(file, path.child("path"))
        return errors
    }

    /// Environment files are read from emptyDir volumes only.
    static func fileVolumes(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        var volumes: [String: Value] = [:]
        for volume in spec.items("volumes") { volumes[volume.text("name")] = volume }
        var errors: [FieldError] = []
        for (container, here) in spec.allContainers(path) {
            for (index, variable) in container.items("env").enumerated() {
                guard let name = variable.at("valueFrom", "fileKeyRef").map({ $0.text("volumeName") }) else { continue }
                let place = here.child("env").index(index).child("valueFrom", "fileKeyRef", "volumeName")
                guard let volume = volumes[name] else {
                    errors.append(.notFound(place, .string(name)))
                    continue
                }
                if volume["emptyDir"] == nil {
                    errors.append(.invalid(place, .string(name), "referenced volume must be of type emptyDir"))
                }
            }
        }
        return errors
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

    /// The name of the object that all variables come from. Like a name prefix, it may end with a dash.
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
