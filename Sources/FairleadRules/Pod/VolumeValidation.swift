import FairleadModel

/// The rules of volumes.
enum VolumeValidation {
    /// The names of the volumes without errors, which alone can be mounted.
    static func validNames(_ volumes: [Value], _ path: FieldPath, errors: inout [FieldError]) -> Set<String> {
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
        return names
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
        case "gitRepo":
            return required(["repository"], source, path)
                + localPath(source.text("directory"), path.child("directory"))
        case "secret": return named("secretName", source, path)
        case "configMap": return named("name", source, path)
        case "persistentVolumeClaim": return required(["claimName"], source, path)
        case "nfs": return networkFileSystem(source, path)
        case "csi": return required(["driver"], source, path)
        case "downwardAPI":
            return mode(source, path) + source.items("items").flatMap { downwardFile($0, path) }
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
            errors += self.item(item, path.child("items").index(index))
        }
        return errors
    }

    private static func item(_ item: Value, _ path: FieldPath) -> [FieldError] {
        required(["key", "path"], item, path) + localPath(item.text("path"), path.child("path"))
            + mode(item, path, "mode")
    }

    private static let downwardPaths: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
    ]

    /// A file of a downward API volume; Kubernetes reports its errors at the volume.
    private static func downwardFile(_ file: Value, _ path: FieldPath) -> [FieldError] {
        var errors = required(["path"], file, path)
        errors += localPath(file.text("path"), path.child("path"))
        if let reference = file["fieldRef"] {
            errors += EnvironmentValidation.fieldReference(reference, allowed: downwardPaths, path.child("fieldRef"))
            if file["resourceFieldRef"] != nil {
                errors.append(
                    .invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
            }
        } else if let reference = file["resourceFieldRef"] {
            errors += EnvironmentValidation.resourceReference(reference, path.child("resourceFieldRef"))
        } else {
            errors.append(.required(path, "one of fieldRef and resourceFieldRef is required"))
        }
        return errors + mode(file, path, "mode")
    }

    private static func projected(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors = mode(source, path)
        var taken: Set<ByteText> = []
        /// One path for one file, whichever source it comes from; `printed` is what the error shows.
        func take(_ item: Value, printed: String) {
            let location = item.text("path")
            if location.isEmpty || taken.insert(ByteText(location)).inserted { return }
            errors.append(.invalid(path, .string(printed), "conflicting duplicate paths"))
        }
        for (index, projection) in source.items("sources").enumerated() {
            let here = path.child("sources").index(index)
            for name in ["secret", "configMap"] {
                guard let part = projection[name] else { continue }
                errors += required(["name"], part, here.child(name))
                for (position, entry) in part.items("items").enumerated() {
                    errors += item(entry, here.child(name, "items").index(position))
                    take(entry, printed: part.text("name"))
                }
            }
            for file in projection["downwardAPI"]?.items("items") ?? [] {
                errors += downwardFile(file, here.child("downwardAPI"))
                take(file, printed: file.text("path"))
            }
            if let part = projection["serviceAccountToken"] {
                errors += token(part, here.child("serviceAccountToken"), volume: path)
            }
            if projectionKinds.count(where: { projection[$0] != nil }) > 1 {
                errors.append(.forbidden(here, "may not specify more than 1 volume type per source"))
            }
        }
        return errors
    }

    private static let projectionKinds = ["secret", "configMap", "downwardAPI", "serviceAccountToken"]

    /// Kubernetes reports a bad path of a token at the volume.
    private static func token(_ source: Value, _ path: FieldPath, volume: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let seconds = source.number("expirationSeconds")
        if seconds < 600 {
            errors.append(
                .invalid(
                    path.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration less than 10 minutes"))
        }
        if source.text("path").isEmpty {
            errors.append(.required(volume.child("path")))
        } else {
            errors += localPath(source.text("path"), volume.child("path"))
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
