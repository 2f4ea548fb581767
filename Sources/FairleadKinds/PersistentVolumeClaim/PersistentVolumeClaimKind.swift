import FairleadModel

extension Kind {
    static let persistentVolumeClaim = Kind(
        "PersistentVolumeClaim", resource: "persistentvolumeclaims", shortNames: ["pvc"],
        subresources: [.status("PersistentVolumeClaim")], package: "core.v1", storageHash: "QWTyNDq0dC4=",
        strategy: PersistentVolumeClaimStrategy(), columns: .persistentVolumeClaims)
}
