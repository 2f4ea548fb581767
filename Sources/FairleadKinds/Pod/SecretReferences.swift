import FairleadModel

/// The names of the Secrets that a pod refers to.
///
/// Reference: VisitPodSecretNames of k8s.io/kubernetes `pkg/api/pod`.
enum SecretReferences {
    static func names(of spec: Value) -> [String] {
        var names = spec.items("imagePullSecrets").map { $0.text("name") }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec.items(list) {
                names += container.items("envFrom").compactMap { $0.at("secretRef", "name")?.string }
                names += container.items("env").compactMap { $0.at("valueFrom", "secretKeyRef", "name")?.string }
            }
        }
        for volume in spec.items("volumes") { names += self.names(ofVolume: volume) }
        return names
    }

    /// Where a volume's source names a Secret.
    private static let places: [[String]] = [
        ["azureFile", "secretName"], ["secret", "secretName"], ["cephfs", "secretRef", "name"],
        ["cinder", "secretRef", "name"], ["flexVolume", "secretRef", "name"], ["rbd", "secretRef", "name"],
        ["scaleIO", "secretRef", "name"], ["iscsi", "secretRef", "name"], ["storageos", "secretRef", "name"],
        ["csi", "nodePublishSecretRef", "name"],
    ]

    private static func names(ofVolume volume: Value) -> [String] {
        let sources = volume["projected"]?.items("sources") ?? []
        return places.compactMap { volume.at($0[...])?.string }.filter { !$0.isEmpty }
            + sources.compactMap { $0.at("secret", "name")?.string }
    }
}
