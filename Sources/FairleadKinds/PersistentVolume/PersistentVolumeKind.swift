import FairleadModel

extension Kind {
    static let persistentVolume = Kind(
        "PersistentVolume", resource: "persistentvolumes", shortNames: ["pv"], isNamespaced: false,
        subresources: [.status("PersistentVolume")], package: "core.v1", storageHash: "HN/zwEC+JgM=",
        strategy: PersistentVolumeStrategy(), columns: .persistentVolumes)
}

extension TablePrinter {
    static let persistentVolumes = TablePrinter([
        .name, TableColumn("Capacity"), TableColumn("Access Modes"), TableColumn("Reclaim Policy"),
        TableColumn("Status"), TableColumn("Claim"), TableColumn("StorageClass", "StorageClass of the pv"),
        TableColumn("VolumeAttributesClass"), TableColumn("Reason"), .age, TableColumn("VolumeMode", wide: true),
    ]) { subject in
        let claim = subject["spec", "claimRef"].map { "\($0["namespace"]?.string ?? "")/\($0["name"]?.string ?? "")" }
        return [
            subject.name, subject.text("spec", "capacity", "storage", or: "0"),
            .string(accessModes(subject["spec", "accessModes"])),
            subject.text("spec", "persistentVolumeReclaimPolicy"),
            subject.object.deletionTimestamp != nil ? "Terminating" : subject.text("status", "phase"),
            .string(claim ?? ""), storageClass(of: subject),
            subject.text("spec", "volumeAttributesClassName", or: "<unset>"), subject.text("status", "reason"),
            subject.age, subject.text("spec", "volumeMode", or: "<unset>"),
        ]
    }

    /// The class of a volume or claim, which used to be named by an annotation.
    static func storageClass(of subject: TableSubject) -> Value {
        subject.object.annotations["volume.beta.kubernetes.io/storage-class"].map { .string($0) }
            ?? subject.text("spec", "storageClassName")
    }

    private static let shortModes: [(name: String, short: String)] = [
        ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
    ]

    /// Each mode once, in a fixed order.
    static func accessModes(_ modes: Value?) -> String {
        let given = modes?.array?.compactMap(\.string) ?? []
        return shortModes.filter { given.contains($0.name) }.map(\.short).joined(separator: ",")
    }
}
