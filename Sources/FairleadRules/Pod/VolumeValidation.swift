package import FairleadModel

/// The rules for volumes: exactly one source, and what each source requires.
package struct VolumeValidation {
    /// The pod that the volumes belong to; nil for a template.
    var pod: Value?

    /// The volumes without errors, by name; only these can be mounted.
    func valid(_ volumes: [Value], _ path: FieldPath, errors: inout [FieldError]) -> [String: Value] {
        let podName = pod?.name ?? ""
        var valid: [String: Value] = [:]
        // The claims that are created for the pod's ephemeral volumes.
        let made =
            podName.isEmpty
            ? [] : Set(volumes.filter { $0["ephemeral"] != nil }.map { "\(podName)-\($0.text("name"))" })
        for (index, volume) in volumes.enumerated() {
            let here = path.index(index)
            let name = volume.text("name")
            var found = source(volume, here, podName: podName)
            found +=
                name.isEmpty ? [.required(here.child("name"))] : FieldChecks.dnsLabel(name, here.child("name"))
            if valid[name] != nil { found.append(.duplicate(here.child("name"), .string(name))) }
            if found.isEmpty { valid[name] = volume }
            errors += found
            if let claim = volume["persistentVolumeClaim"]?.text("claimName"), made.contains(claim) {
                errors.append(
                    .invalid(
                        here.child("persistentVolumeClaim", "claimName"), .string(claim),
                        "must not reference a PVC that gets created for an ephemeral volume"))
            }
        }
        return valid
    }

    private static let order = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
        "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
        "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
        "azureDisk", "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
    ]
    /// Sources that Kubernetes reports under another name: on their own, or as one source too many.
    private static let shown = ["gcePersistentDisk": "persistentDisk"]
    private static let shownTwice = ["cephfs": "cephFS", "downwardAPI": "downwarAPI"]

    /// Exactly one source is required; every further one is forbidden and not validated.
    private func source(_ volume: Value, _ path: FieldPath, podName: String) -> [FieldError] {
        var errors: [FieldError] = []
        var isTaken = false
        for name in Self.order {
            guard let source = volume[name] else { continue }
            if isTaken {
                errors.append(
                    .forbidden(
                        path.child(Self.shownTwice[name] ?? name), "may not specify more than 1 volume type"))
            } else {
                errors += self.errors(of: name, source, path.child(Self.shown[name] ?? name))
            }
            switch name {
            case "iscsi": errors += initiatorLength(source, of: volume, path)
            case "ephemeral" where !isTaken: errors += claimName(podName, volume.text("name"), path)
            default: break
            }
            isTaken = true
        }
        return isTaken ? errors : [.required(path, "must specify a volume type")]
    }

    private func initiatorLength(_ source: Value, of volume: Value, _ path: FieldPath) -> [FieldError] {
        let name = volume.text("name")
        guard source["initiatorName"]?.string != nil, "\(name):\(source.text("targetPortal"))".utf8.count > 64 else {
            return []
        }
        return [
            .invalid(
                path.child("name"), .string(name),
                "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
                    + "iscsi.initiatorName is specified.")
        ]
    }

    /// The claim that will be created must have a valid name.
    private func claimName(_ podName: String, _ volume: String, _ path: FieldPath) -> [FieldError] {
        if podName.isEmpty || volume.isEmpty { return [] }
        let claim = "\(podName)-\(volume)"
        return NameRules.dns1123Subdomain(claim).map {
            .invalid(path.child("name"), .string(volume), "PVC name \(claim.goQuoted): \($0)")
        }
    }

    private func errors(of name: String, _ source: Value, _ path: FieldPath) -> [FieldError] {
        switch name {
        case "emptyDir":
            guard let limit = source["sizeLimit"]?.string.flatMap({ Quantity($0) }), limit.isNegative else {
                return []
            }
            return [.forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")]
        case "hostPath": return Self.hostPath(source, path)
        case "gitRepo":
            return Self.required(["repository"], source, path)
                + Self.descendingPath(source.text("directory"), path.child("directory"))
        case "secret": return named("secretName", source, path)
        case "configMap": return named("name", source, path)
        case "persistentVolumeClaim": return Self.required(["claimName"], source, path)
        case "downwardAPI":
            return Self.mode(source, path) + source.items("items").flatMap { Self.downwardFile($0, path) }
        case "projected": return ProjectionValidation.errors(source, path)
        case "ephemeral":
            guard let template = source["volumeClaimTemplate"] else {
                return [.required(path.child("volumeClaimTemplate"))]
            }
            return ClaimTemplateValidation.errors(template, path.child("volumeClaimTemplate"))
        case "image":
            return Self.required(["reference"], source, path)
                + ContainerValidation.pullPolicy(source, path, "pullPolicy")
        default: return StorageSourceValidation.errors(of: name, source, path)
        }
    }

    private static let hostPathTypes = [
        "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice",
    ]

    package static func hostPath(_ source: Value, _ path: FieldPath) -> [FieldError] {
        let location = source.text("path")
        if location.isEmpty { return [.required(path.child("path"))] }
        var errors = noBacksteps(location, path.child("path"))
        let type = source.text("type")
        if !hostPathTypes.contains(type) {
            errors.append(.notSupported(path.child("type"), .string(type), supported: hostPathTypes))
        }
        return errors
    }

    private func named(_ field: String, _ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors = Self.required([field], source, path) + Self.mode(source, path)
        for (index, item) in source.items("items").enumerated() {
            errors += Self.item(item, path.child("items").index(index))
        }
        return errors
    }

    // MARK: - Shared by several sources

    package static func required(_ names: [String], _ source: Value, _ path: FieldPath) -> [FieldError] {
        names.filter { source.isEmptyOrAbsent($0) }.map { .required(path.child($0)) }
    }

    static func mode(_ source: Value, _ path: FieldPath, _ field: String = "defaultMode") -> [FieldError] {
        guard let mode = source[field]?.int, !(0...0o777).contains(mode) else { return [] }
        return [
            .invalid(
                path.child(field), .int(mode), "must be a number between 0 and 0777 (octal), both inclusive")
        ]
    }

    static func item(_ item: Value, _ path: FieldPath) -> [FieldError] {
        required(["key", "path"], item, path) + localPath(item.text("path"), path.child("path"))
            + mode(item, path, "mode")
    }

    private static let downwardPaths: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
    ]

    /// A file of a downward API volume; Kubernetes reports its errors at the volume.
    static func downwardFile(_ file: Value, _ path: FieldPath) -> [FieldError] {
        var errors = required(["path"], file, path)
        errors += localPath(file.text("path"), path.child("path"))
        if let reference = file["fieldRef"] {
            errors += EnvironmentValidation.fieldReference(reference, allowed: downwardPaths, path.child("fieldRef"))
            if file["resourceFieldRef"] != nil {
                errors.append(
                    .invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
            }
        } else if let reference = file["resourceFieldRef"] {
            errors += EnvironmentValidation.resourceReference(
                reference, inVolume: true, path.child("resourceFieldRef"))
        } else {
            errors.append(.required(path, "one of fieldRef and resourceFieldRef is required"))
        }
        return errors + mode(file, path, "mode")
    }

    /// A relative path without `..` whose first element does not start with `..`: those are the kubelet's.
    static func localPath(_ text: String, _ path: FieldPath) -> [FieldError] {
        var errors = descendingPath(text, path)
        if text.hasPrefix(".."), !text.hasPrefix("../") {
            errors.append(.invalid(path, .string(text), "must not start with '..'"))
        }
        return errors
    }

    /// A relative path without `..`.
    static func descendingPath(_ text: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if text.hasPrefix("/") { errors.append(.invalid(path, .string(text), "must be a relative path")) }
        return errors + noBacksteps(text, path)
    }

    package static func noBacksteps(_ text: String, _ path: FieldPath) -> [FieldError] {
        hasBacksteps(text) ? [.invalid(path, .string(text), "must not contain '..'")] : []
    }

    static func hasBacksteps(_ text: String) -> Bool { text.split(separator: "/").contains("..") }
}
