package import FairleadModel

/// The rules for volumes on storage outside the cluster, most of which use drivers that have been removed.
package enum StorageSourceValidation {
    private static let required: [String: [String]] = [
        "gcePersistentDisk": ["pdName"], "awsElasticBlockStore": ["volumeID"], "glusterfs": ["endpoints", "path"],
        "rbd": ["monitors", "image"], "cephfs": ["monitors"], "azureFile": ["secretName", "shareName"],
        "vsphereVolume": ["volumePath"], "photonPersistentDisk": ["pdID"], "portworxVolume": ["volumeID"],
        "scaleIO": ["gateway", "system", "volumeName"], "flexVolume": ["driver"], "cinder": ["volumeID"],
        "nfs": ["server", "path"], "iscsi": ["targetPortal"], "azureDisk": ["diskName", "diskURI"],
    ]

    package static func errors(of name: String, _ source: Value, _ path: FieldPath) -> [FieldError] {
        VolumeValidation.required(required[name] ?? [], source, path) + further(name, source, path)
    }

    private static func further(_ name: String, _ source: Value, _ path: FieldPath) -> [FieldError] {
        switch name {
        case "gcePersistentDisk", "awsElasticBlockStore":
            // (The message ignores that zero, the whole disk, is valid.)
            let partition = source.number("partition")
            return (0...255).contains(partition)
                ? []
                : [.invalid(path.child("partition"), .int(partition), "must be between 1 and 255, inclusive")]
        case "nfs":
            let location = source.text("path")
            return location.hasPrefix("/")
                ? [] : [.invalid(path.child("path"), .string(location), "must be an absolute path")]
        case "iscsi": return iscsi(source, path)
        case "fc": return fibreChannel(source, path)
        case "flocker": return flocker(source, path)
        case "cinder": return secretName(source, path)
        case "quobyte": return quobyte(source, path)
        case "flexVolume": return flexOptions(source, path)
        case "azureDisk": return azureDisk(source, path)
        case "storageos": return storageOSNames(source, path) + secretName(source, path)
        case "csi": return csi(source, path)
        default: return []
        }
    }

    private static func secretName(_ source: Value, _ path: FieldPath) -> [FieldError] {
        guard let reference = source["secretRef"], reference.text("name").isEmpty else { return [] }
        return [.required(path.child("secretRef", "name"))]
    }

    // MARK: - iSCSI and Fibre Channel

    private static func iscsi(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let name = source.text("iqn")
        errors +=
            name.isEmpty ? [.required(path.child("iqn"))] : qualifiedName(name, path.child("iqn"))
        errors += unit(source["lun"], path)
        if source.flag("chapAuthDiscovery") || source.flag("chapAuthSession"), source["secretRef"] == nil {
            errors.append(.required(path.child("secretRef")))
        }
        if let initiator = source["initiatorName"]?.string {
            errors += qualifiedName(initiator, path.child("initiatorname"))
        }
        return errors
    }

    private static func unit(_ number: Value?, _ path: FieldPath) -> [FieldError] {
        FieldChecks.inRange(number, 0...255, path.child("lun"))
    }

    /// - Parameter unknown: the message for names of any other form.
    package static func qualifiedName(
        _ name: String, unknown: String = "must be valid format starting with iqn, eui, or naa", _ path: FieldPath
    ) -> [FieldError] {
        let isValid: Bool
        switch Substring(name.utf8.prefix(3)) {
        case "iqn": isValid = isIQN(name)
        case "eui": isValid = name.utf8.count == 20 && isAlphanumeric(name.utf8.dropFirst(4))
        case "naa": isValid = name.utf8.count == 36 && isAlphanumeric(name.utf8.dropFirst(4))
        default: return [.invalid(path, .string(name), unknown)]
        }
        return isValid ? [] : [.invalid(path, .string(name), "must be valid format")]
    }

    private static func isAlphanumeric(_ bytes: Substring.UTF8View) -> Bool {
        bytes.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || isLetter($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }

    /// `iqn.2001-04.com.example:storage`: year and month, domain, and after the colon anything its owner likes.
    private static func isIQN(_ name: String) -> Bool {
        let parts = name.dropFirst(4).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard name.hasPrefix("iqn."), parts.count == 2 else { return false }
        let date = Array(parts[0].utf8)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard date.count == 7, date[4] == UInt8(ascii: "-"),
            date.enumerated().allSatisfy({ $0.offset == 4 || digits ~= $0.element })
        else { return false }
        let halves = parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else { return false }
        let isDomain = halves[0].utf8.allSatisfy {
            digits ~= $0 || isLetter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        return isDomain && !halves[1].utf8.contains { ",;*&$| \t\n\u{0B}\u{0C}\r".utf8.contains($0) }
    }

    private static func fibreChannel(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let targets = source.items("targetWWNs")
        let names = source.items("wwids")
        let here = path.child("targetWWNs")
        if targets.isEmpty, names.isEmpty {
            errors.append(.required(here, "must specify either targetWWNs or wwids, but not both"))
        }
        if targets.isEmpty { return errors }
        if !names.isEmpty {
            errors.append(
                .invalid(here, .array(targets), "targetWWNs and wwids can not be specified simultaneously"))
        }
        if source["lun"] == nil {
            errors.append(.required(path.child("lun"), "lun is required if targetWWNs is specified"))
        }
        return errors + unit(source["lun"], path)
    }

    // MARK: - Drivers that have been removed

    private static func flocker(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let name = source.text("datasetName")
        let id = source.text("datasetUUID")
        if name.isEmpty, id.isEmpty {
            errors.append(.required(path, "one of datasetName and datasetUUID is required"))
        }
        if !name.isEmpty, !id.isEmpty {
            errors.append(
                .invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
        }
        if name.contains("/") {
            errors.append(.invalid(path.child("datasetName"), .string(name), "must not contain '/'"))
        }
        return errors
    }

    private static func quobyte(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let registry = source.text("registry")
        let words = "must be a host:port pair or multiple pairs separated by commas"
        if registry.isEmpty {
            errors.append(.required(path.child("registry"), words))
        } else if source.text("tenant").utf8.count >= 65 {
            errors.append(
                .required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters"))
        } else {
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false) where !isHostAndPort(pair) {
                errors.append(.invalid(path.child("registry"), .string(registry), words))
            }
        }
        return errors + VolumeValidation.required(["volume"], source, path)
    }

    /// One colon, or brackets around a host that contains colons itself.
    private static func isHostAndPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return false }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return false
        }
        return !host.contains("[") && !host.contains("]") && !text[colon...].contains("]")
    }

    private static func flexOptions(_ source: Value, _ path: FieldPath) -> [FieldError] {
        source.entries("options").compactMap { member in
            let prefix = member.key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let domain = "." + prefix.lowercased()
            guard domain.hasSuffix(".kubernetes.io") || domain.hasSuffix(".k8s.io") else { return nil }
            return .invalid(
                path.child("options").key(member.key), .string(member.key),
                "kubernetes.io and k8s.io namespaces are reserved")
        }
    }

    private static func azureDisk(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let mode = source["cachingMode"]?.string {
            errors += FieldChecks.oneOf(mode, ["None", "ReadOnly", "ReadWrite"], path.child("cachingMode"))
        }
        guard let kind = source["kind"]?.string else { return errors }
        errors += FieldChecks.oneOf(kind, ["Dedicated", "Managed", "Shared"], path.child("kind"))
        let address = source.text("diskURI")
        let isManaged = kind == "Managed"
        if !address.hasPrefix(isManaged ? "/subscriptions/" : "https://") {
            let form =
                isManaged
                ? "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
                : "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
            errors.append(.notSupported(path.child("diskURI"), .string(address), inOrder: [form]))
        }
        return errors
    }

    /// The names that StorageOS volumes have in every kind of source.
    package static func storageOSNames(_ source: Value, _ path: FieldPath) -> [FieldError] {
        let name = source.text("volumeName")
        var errors =
            name.isEmpty
            ? [.required(path.child("volumeName"))] : FieldChecks.dnsLabel(name, path.child("volumeName"))
        let namespace = source.text("volumeNamespace")
        if !namespace.isEmpty { errors += FieldChecks.dnsLabel(namespace, path.child("volumeNamespace")) }
        return errors
    }

    // MARK: - CSI

    private static func csi(_ source: Value, _ path: FieldPath) -> [FieldError] {
        let errors = driverName(source.text("driver"), path.child("driver"))
        guard let reference = source["nodePublishSecretRef"] else { return errors }
        let name = reference.text("name")
        return errors
            + (name.isEmpty
                ? [.required(path.child("nodePublishSecretRef", "name"))]
                : FieldChecks.dnsSubdomain(name, path.child("name")))
    }

    package static func driverName(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let errors: [FieldError] = name.utf8.count > 63 ? [.tooLong(path, maximum: 63)] : []
        return errors + FieldChecks.messages(NameRules.dns1123Subdomain(name.lowercased()), value: name, path)
    }
}
