import FairleadModel

/// The objects that a pod needs, by the places where its spec names them.
///
/// Reference: k8s.io/kubernetes `pkg/api/v1/pod` (VisitPodSecretNames and the like).
enum PodReferences {
    static let secrets = GroupResource(group: "", resource: "secrets")
    static let configMaps = GroupResource(group: "", resource: "configmaps")
    static let claims = GroupResource(group: "", resource: "persistentvolumeclaims")
    static let serviceAccounts = GroupResource(group: "", resource: "serviceaccounts")
    static let resourceClaims = GroupResource(group: "resource.k8s.io", resource: "resourceclaims")

    private static let mirror = "kubernetes.io/config.mirror"

    /// Whether the pod only shows one that the kubelet got from elsewhere, for which the API server gives it nothing.
    static func isMirror(_ pod: Value) -> Bool { pod.at("metadata", "annotations", mirror) != nil }

    static func of(_ pod: Value) -> Set<ObjectKey> {
        var found: Set<ObjectKey> = []
        let namespace = pod.namespace
        func add(_ resource: GroupResource, _ name: String) {
            if !name.isEmpty { found.insert(ObjectKey(resource, namespace: namespace, name: name)) }
        }
        let spec = pod["spec"] ?? .null
        add(serviceAccounts, spec.text("serviceAccountName"))
        for reference in spec.items("imagePullSecrets") { add(secrets, reference.text("name")) }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec.items(list) {
                for source in container.items("envFrom") {
                    add(secrets, source.text("secretRef", "name"))
                    add(configMaps, source.text("configMapRef", "name"))
                }
                for variable in container.items("env") {
                    add(secrets, variable.text("valueFrom", "secretKeyRef", "name"))
                    add(configMaps, variable.text("valueFrom", "configMapKeyRef", "name"))
                }
            }
        }
        for volume in spec.items("volumes") {
            add(secrets, volume.text("secret", "secretName"))
            add(configMaps, volume.text("configMap", "name"))
            add(claims, volume.text("persistentVolumeClaim", "claimName"))
            // An ephemeral volume's claim is named after pod and volume.
            if volume["ephemeral"] != nil { add(claims, "\(pod.name)-\(volume.text("name"))") }
            for source in volume.items("projected", "sources") {
                add(secrets, source.text("secret", "name"))
                add(configMaps, source.text("configMap", "name"))
            }
            for driver in Self.drivers { add(secrets, volume.text(driver, "secretRef", "name")) }
            add(secrets, volume.text("azureFile", "secretName"))
            add(secrets, volume.text("csi", "nodePublishSecretRef", "name"))
        }
        for claim in spec.items("resourceClaims") { add(resourceClaims, claim.text("resourceClaimName")) }
        for claim in pod.items("status", "resourceClaimStatuses") {
            add(resourceClaims, claim.text("resourceClaimName"))
        }
        return found
    }

    /// Kinds of volumes with a `secretRef`.
    private static let drivers = ["cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"]

    /// The secrets that mounting a PersistentVolume needs.
    static func secrets(ofVolume volume: Value) -> Set<ObjectKey> {
        let spec = volume["spec"] ?? .null
        let home = spec.text("claimRef", "namespace")
        var found: Set<ObjectKey> = []
        func add(_ name: String, _ namespace: String) {
            if name.isEmpty { return }
            found.insert(ObjectKey(secrets, namespace: namespace.isEmpty ? home : namespace, name: name))
        }
        for driver in drivers {
            add(spec.text(driver, "secretRef", "name"), spec.text(driver, "secretRef", "namespace"))
        }
        add(spec.text("azureFile", "secretName"), spec.text("azureFile", "secretNamespace"))
        for reference in [
            "controllerPublishSecretRef", "nodePublishSecretRef", "nodeStageSecretRef", "controllerExpandSecretRef",
            "nodeExpandSecretRef",
        ] {
            add(spec.text("csi", reference, "name"), spec.text("csi", reference, "namespace"))
        }
        return found
    }
}
