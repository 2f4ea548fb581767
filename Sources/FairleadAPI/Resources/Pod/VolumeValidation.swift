import FairleadModel

/// The rules of volumes.
enum VolumeValidation {
    static func errors(_ volumes: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, volume) in volumes.enumerated() {
            let here = path.index(index)
            let name = volume.text("name")
            var found = source(volume, here)
            if name.isEmpty {
                found.append(.required(here.child("name")))
            } else {
                found += FieldChecks.dnsLabel(name, here.child("name"))
            }
            if names.contains(name) { found.append(.duplicate(here.child("name"), .string(name))) }
            if found.isEmpty { names.insert(name) }
            errors += found
        }
        return errors
    }

    private static let order = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
        "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
        "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
        "azureDisk", "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
    ]

    /// Exactly one source; every one after the first is forbidden and not looked into.
    private static func source(_ volume: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var isTaken = false
        for name in order {
            guard let source = volume[name] else { continue }
            if isTaken {
                errors.append(.forbidden(path.child(name), "may not specify more than 1 volume type"))
                continue
            }
            isTaken = true
            errors += self.errors(of: name, source, path.child(name))
        }
        return isTaken ? errors : [.required(path, "must specify a volume type")]
    }

    private static func errors(of name: String, _ source: Value, _ path: FieldPath) -> [FieldError] {
        switch name {
        case "emptyDir":
            guard let limit = source["sizeLimit"]?.string.flatMap({ Quantity($0) }), limit < Quantity(0) else {
                return []
            }
            return [.forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")]
        case "hostPath": return hostPath(source, path)
        case "secret": return named("secretName", source, path)
        case "configMap": return named("name", source, path)
        case "persistentVolumeClaim": return required(["claimName"], source, path)
        case "nfs": return networkFileSystem(source, path)
        case "csi": return required(["driver"], source, path)
        case "downwardAPI": return mode(source, path) + downwardFiles(source, path)
        case "projected": return projected(source, path)
        case "ephemeral": return required(["volumeClaimTemplate"], source, path)
        case "image": return required(["reference"], source, path)
        default: return []
        }
    }

    private static func required(_ names: [String], _ source: Value, _ path: FieldPath) -> [FieldError] {
        names.filter { source.isEmptyOrAbsent($0) }.map { .required(path.child($0)) }
    }

    private static let hostPathTypes = [
        "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice",
    ]

    private static func hostPath(_ source: Value, _ path: FieldPath) -> [FieldError] {
        let location = source.text("path")
        if location.isEmpty { return [.required(path.child("path"))] }
        var errors = noBacksteps(location, path.child("path"))
        let type = source.text("type")
        if !hostPathTypes.contains(type) {
            errors.append(.notSupported(path.child("type"), .string(type), supported: hostPathTypes))
        }
        return errors
    }

    private static func networkFileSystem(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors = required(["server", "path"], source, path)
        let location = source.text("path")
        if !location.hasPrefix("/") {
            errors.append(.invalid(path.child("path"), .string(location), "must be an absolute path"))
        }
        return errors
    }

    private static func named(_ field: String, _ source: Value, _ path: FieldPath) -> [FieldError] {
        required([field], source, path) + mode(source, path) + items(source, path)
    }

    private static func mode(_ source: Value, _ path: FieldPath, _ field: String = "defaultMode") -> [FieldError] {
        guard let mode = source[field]?.int, !(0...0o777).contains(mode) else { return [] }
        return [
            .invalid(
                path.child(field), .int(mode), "must be a number between 0 and 0777 (octal), both inclusive")
        ]
    }

    private static func items(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, item) in source.items("items").enumerated() {
            let here = path.child("items").index(index)
            errors += required(["key", "path"], item, here)
            errors += localPath(item.text("path"), here.child("path"))
            errors += mode(item, here, "mode")
        }
        return errors
    }

    private static let downwardPaths: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
    ]

    private static func downwardFiles(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, file) in source.items("items").enumerated() {
            let here = path.child("items").index(index)
            if file.text("path").isEmpty { errors.append(.required(here.child("path"))) }
            errors += localPath(file.text("path"), here.child("path"))
            if let reference = file["fieldRef"] {
                errors += EnvironmentValidation.fieldReference(
                    reference, allowed: downwardPaths, here.child("fieldRef"))
                if file["resourceFieldRef"] != nil {
                    errors.append(
                        .invalid(
                            here, "resource",
                            "fieldRef and resourceFieldRef can not be specified simultaneously"))
                }
            } else if let reference = file["resourceFieldRef"] {
                errors += EnvironmentValidation.resourceReference(reference, here.child("resourceFieldRef"))
            } else {
                errors.append(.required(here.child("fieldRef"), "one of fieldRef and resourceFieldRef is required"))
            }
            errors += mode(file, here, "mode")
        }
        return errors
    }

    private static func projected(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors = mode(source, path)
        for (index, projection) in source.items("sources").enumerated() {
            let here = path.child("sources").index(index)
            for name in ["secret", "configMap"] {
                guard let part = projection[name] else { continue }
                errors += required(["name"], part, here.child(name)) + items(part, here.child(name))
            }
            if let part = projection["downwardAPI"] { errors += downwardFiles(part, here.child("downwardAPI")) }
            if let part = projection["serviceAccountToken"] {
                errors += token(part, here.child("serviceAccountToken"))
            }
            if case .object(let members) = projection, members.isEmpty {
                errors.append(.required(here, "must specify one of secret, downwardAPI, configMap"))
            }
        }
        return errors
    }

    private static func token(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let seconds = source.number("expirationSeconds")
        if seconds < 600 {
            errors.append(
                .invalid(
                    path.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration less than 10 minutes"))
        }
        if source.text("path").isEmpty {
            errors.append(.required(path.child("path")))
        } else {
            errors += localPath(source.text("path"), path.child("path"))
        }
        return errors
    }

    /// A relative path without `..`.
    static func localPath(_ text: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if text.hasPrefix("/") { errors.append(.invalid(path, .string(text), "must be a relative path")) }
        return errors + noBacksteps(text, path)
    }

    static func noBacksteps(_ text: String, _ path: FieldPath) -> [FieldError] {
        text.split(separator: "/").contains("..") ? [.invalid(path, .string(text), "must not contain '..'")] : []
    }
}
