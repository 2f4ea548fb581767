import FairleadModel

/// The defaults of one volume.
enum VolumeDefaults {
    static func apply(to volume: inout Value) {
        guard case .object(let members) = volume else { return }
        if members.keys.allSatisfy({ $0 == "name" }) { volume["emptyDir"] = .object(Object()) }
        for key in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.change(key) { $0.setDefault("defaultMode", 420) }
        }
        volume.change("downwardAPI") { $0.changeItems("items", downwardFile) }
        volume.change("projected") { $0.changeItems("sources", projection) }
        volume.change("hostPath") { $0.setDefault("type", "") }
        volume.change("image") { source in
            source.setDefaultText("pullPolicy", ContainerDefaults.pullPolicy(ofImage: source.text("reference")))
        }
        volume.change("iscsi") { $0.setDefaultText("iscsiInterface", "default") }
        volume.change("rbd") { source in
            source.setDefaultText("pool", "rbd")
            source.setDefaultText("user", "admin")
            source.setDefaultText("keyring", "/etc/ceph/keyring")
        }
        volume.change("azureDisk") { source in
            source.setDefault("cachingMode", "ReadWrite")
            source.setDefault("kind", "Shared")
            source.setDefault("fsType", "ext4")
            source.setDefault("readOnly", false)
        }
        volume.change("scaleIO") { source in
            source.setDefaultText("storageMode", "ThinProvisioned")
            source.setDefaultText("fsType", "xfs")
        }
        volume.change("ephemeral") { source in
            source.change("volumeClaimTemplate") { template in
                template.setDefault("metadata", .object(Object()))
                template.change("spec") { $0.setDefault("volumeMode", "Filesystem") }
            }
        }
    }

    private static func projection(_ source: inout Value) {
        source.change("serviceAccountToken") { $0.setDefault("expirationSeconds", 3600) }
        source.change("downwardAPI") { $0.changeItems("items", downwardFile) }
    }

    private static func downwardFile(_ file: inout Value) {
        file.change("fieldRef") { $0.setDefaultText("apiVersion", "v1") }
        file.change("resourceFieldRef", ContainerDefaults.divisor)
    }
}
