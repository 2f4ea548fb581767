import FairleadModel

/// The rules for volume mounts and devices of containers.
enum VolumeMountValidation {
    package static func errors(_ container: Value, volumes: [String: Value], _ path: FieldPath) -> [FieldError] {
        mounts(container, volumes, path.child("volumeMounts"))
            + devices(container, volumes, path.child("volumeDevices"))
    }

    private static func mounts(_ container: Value, _ volumes: [String: Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var taken: Set<ByteText> = []
        let devices = container.items("volumeDevices")
        let deviceNames = Set(devices.map { $0.text("name") })
        let devicePaths = Set(devices.map { $0.text("devicePath") })
        for (index, mount) in container.items("volumeMounts").enumerated() {
            let here = path.index(index)
            let name = mount.text("name")
            let location = mount.text("mountPath")
            if name.isEmpty { errors.append(.required(here.child("name"))) }
            if volumes[name] == nil { errors.append(.notFound(here.child("name"), .string(name))) }
            if location.isEmpty { errors.append(.required(here.child("mountPath"))) }
            if !taken.insert(ByteText(location)).inserted {
                errors.append(.invalid(here.child("mountPath"), .string(location), "must be unique"))
            }
            if deviceNames.contains(name) {
                errors.append(.invalid(here.child("name"), .string(name), "must not already exist in volumeDevices"))
            }
            if devicePaths.contains(location) {
                errors.append(
                    .invalid(
                        here.child("mountPath"), .string(location),
                        "must not already exist as a path in volumeDevices"))
            }
            errors += subPaths(mount, here: here, path)
            errors += propagation(mount, container, path.child("mountPropagation"))
            errors += recursiveReadOnly(mount, path.child("recursiveReadOnly"))
        }
        return errors
    }

    /// For this and the following checks Kubernetes leaves out the index of the mount, too.
    private static func propagation(_ mount: Value, _ container: Value, _ path: FieldPath) -> [FieldError] {
        guard let mode = mount["mountPropagation"]?.string else { return [] }
        var errors = FieldChecks.oneOf(mode, ["Bidirectional", "HostToContainer", "None"], path)
        if mode == "Bidirectional", !(container["securityContext"]?.flag("privileged") ?? false) {
            errors.append(
                .forbidden(path, "Bidirectional mount propagation is available only to privileged containers"))
        }
        return errors
    }

    private static func recursiveReadOnly(_ mount: Value, _ path: FieldPath) -> [FieldError] {
        guard let mode = mount["recursiveReadOnly"]?.string, mode != "Disabled" else { return [] }
        guard ["Enabled", "IfPossible"].contains(mode) else {
            return [.notSupported(path, .string(mode), supported: ["Disabled", "IfPossible", "Enabled"])]
        }
        var errors: [FieldError] = []
        if !mount.flag("readOnly") {
            errors.append(.forbidden(path, "may only be specified when readOnly is true"))
        }
        if let propagation = mount["mountPropagation"]?.string, propagation != "None" {
            errors.append(
                .forbidden(path, "may only be specified when mountPropagation is None or not specified"))
        }
        return errors
    }

    /// Kubernetes reports invalid sub-paths without the index of the mount.
    private static func subPaths(_ mount: Value, here: FieldPath, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let plain = mount.text("subPath")
        let expression = mount.text("subPathExpr")
        if !plain.isEmpty { errors += VolumeValidation.descendingPath(plain, path.child("subPath")) }
        if !expression.isEmpty {
            if !plain.isEmpty {
                errors.append(
                    .invalid(
                        here.child("subPathExpr"), .string(expression),
                        "subPathExpr and subPath are mutually exclusive"))
            }
            errors += VolumeValidation.descendingPath(expression, path.child("subPathExpr"))
        }
        return errors
    }

    private static func devices(
        _ container: Value, _ volumes: [String: Value], _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        var paths: Set<ByteText> = []
        let mounts = container.items("volumeMounts")
        let mountedNames = Set(mounts.map { $0.text("name") })
        let mountedPaths = Set(mounts.map { ByteText($0.text("mountPath")) })
        for (index, device) in container.items("volumeDevices").enumerated() {
            let here = path.index(index)
            let name = device.text("name")
            let location = device.text("devicePath")
            func invalid(_ field: String, _ value: String, _ why: String) {
                errors.append(.invalid(here.child(field), .string(value), why))
            }
            if name.isEmpty { errors.append(.required(here.child("name"))) }
            if names.contains(name) { invalid("name", name, "must be unique") }
            if let volume = volumes[name] {
                if volume["persistentVolumeClaim"] == nil, volume["ephemeral"] == nil {
                    invalid(
                        "name", name,
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
                }
            } else {
                errors.append(.notFound(here.child("name"), .string(name)))
            }
            if location.isEmpty { errors.append(.required(here.child("devicePath"))) }
            if paths.contains(ByteText(location)) { invalid("devicePath", location, "must be unique") }
            if VolumeValidation.hasBacksteps(location) {
                invalid("devicePath", location, "can not contain backsteps ('..')")
            } else {
                paths.insert(ByteText(location))
            }
            if mountedNames.contains(name) { invalid("name", name, "must not already exist in volumeMounts") }
            if mountedPaths.contains(ByteText(location)) {
                invalid("devicePath", location, "must not already exist as a path in volumeMounts")
            }
            if !name.isEmpty { names.insert(name) }
        }
        return errors
    }
}
