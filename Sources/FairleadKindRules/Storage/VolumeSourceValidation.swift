import FairleadRules
import FairleadModel

/// The rules for the storage behind PersistentVolumes.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/validation`.
enum VolumeSourceValidation {
    /// The types of storage, in the order in which Kubernetes checks them.
    private static let order = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte",
        "cephfs", "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk",
        "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi",
    ]

    /// Exactly one of them is required; every further one is forbidden and not validated.
    ///
    /// - Parameters:
    ///   - volume: the name of the volume, which matters for some types.
    ///   - hasAffinity: whether the volume has a node affinity.
    static func errors(of spec: Value, volume: String, hasAffinity: Bool, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var isTaken = false
        for name in order {
            guard let source = spec[name] else { continue }
            // Two names are spelled differently in messages, and a flexVolume is allowed besides another type.
            if isTaken, name != "flexVolume" {
                let shown = name == "cephfs" ? "cephFS" : name
                errors.append(.forbidden(path.child(shown), "may not specify more than 1 volume type"))
                continue
            }
            isTaken = true
            let here = path.child(name == "gcePersistentDisk" ? "persistentDisk" : name)
            errors += self.errors(of: name, source, volume: volume, here)
            if name == "local", !hasAffinity {
                errors.append(.required(path.child("nodeAffinity"), "Local volume requires node affinity"))
            }
        }
        return isTaken ? errors : [.required(path, "must specify a volume type")]
    }

    /// Most rules are those for volumes in pods, but references to Secrets need a namespace.
    private static func errors(of name: String, _ source: Value, volume: String, _ path: FieldPath) -> [FieldError] {
        let common = StorageSourceValidation.errors(of: name, source, path)
        switch name {
        case "hostPath": return VolumeValidation.hostPath(source, path)
        case "local":
            let place = source.text("path")
            return place.isEmpty
                ? [.required(path.child("path"))] : VolumeValidation.noBacksteps(place, path.child("path"))
        case "glusterfs": return common + glusterNamespace(source, path)
        case "iscsi": return iscsi(source, volume: volume, path)
        case "cinder": return required(["volumeID"], source, path) + secretReference(source, path)
        case "azureFile":
            return common
                + (source["secretNamespace"]?.string == "" ? [.required(path.child("secretNamespace"))] : [])
        case "storageos":
            return StorageSourceValidation.storageOSNames(source, path) + secretReference(source, path)
        case "csi": return csi(source, path)
        default: return common
        }
    }

    private static func required(_ names: [String], _ source: Value, _ path: FieldPath) -> [FieldError] {
        VolumeValidation.required(names, source, path)
    }

    private static func secretReference(_ source: Value, _ path: FieldPath) -> [FieldError] {
        guard let secret = source["secretRef"] else { return [] }
        return required(["name", "namespace"], secret, path.child("secretRef"))
    }

    private static func glusterNamespace(_ source: Value, _ path: FieldPath) -> [FieldError] {
        guard let namespace = source["endpointsNamespace"]?.string else { return [] }
        let here = path.child("endpointsNamespace")
        if namespace.isEmpty {
            return [.invalid(here, "", "if the endpointnamespace is set, it must be a valid namespace name")]
        }
        return FieldChecks.dnsLabel(namespace, here)
    }

    private static func iscsi(_ source: Value, volume: String, _ path: FieldPath) -> [FieldError] {
        let portal = source.text("targetPortal")
        let initiator = source["initiatorName"]?.string
        var errors = required(["targetPortal"], source, path)
        if initiator != nil, volume.utf8.count + 1 + portal.utf8.count > 64 {
            errors.append(
                .invalid(
                    path.child("targetportal"), .string(portal),
                    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
                        + "iscsi.initiatorName is specified."))
        }
        let name = source.text("iqn")
        errors += name.isEmpty ? [.required(path.child("iqn"))] : qualifiedName(name, path.child("iqn"))
        errors += FieldChecks.inRange(source["lun"], 0...255, path.child("lun"))
        let secret = source["secretRef"]
        if secret == nil, source.flag("chapAuthDiscovery") || source.flag("chapAuthSession") {
            errors.append(.required(path.child("secretRef")))
        }
        if let secret { errors += required(["name"], secret, path.child("secretRef")) }
        if let initiator { errors += qualifiedName(initiator, path.child("initiatorname")) }
        return errors
    }

    private static func qualifiedName(_ name: String, _ path: FieldPath) -> [FieldError] {
        StorageSourceValidation.qualifiedName(name, unknown: "must be valid format", path)
    }

    private static func csi(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var errors = StorageSourceValidation.driverName(source.text("driver"), path.child("driver"))
        errors += required(["volumeHandle"], source, path)
        let secrets = [
            "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
        ]
        for name in secrets {
            guard let secret = source[name] else { continue }
            errors += self.secret(secret, path.child(name))
        }
        return errors
    }

    private static func secret(_ secret: Value, _ path: FieldPath) -> [FieldError] {
        let name = secret.text("name")
        let namespace = secret.text("namespace")
        return (name.isEmpty ? [.required(path.child("name"))] : FieldChecks.dnsSubdomain(name, path.child("name")))
            + (namespace.isEmpty
                ? [.required(path.child("namespace"))] : FieldChecks.dnsLabel(namespace, path.child("namespace")))
    }
}
