import FairleadModel

extension TablePrinter {
    static let persistentVolumeClaims = TablePrinter([
        .name, TableColumn("Status"), TableColumn("Volume"), TableColumn("Capacity"), TableColumn("Access Modes"),
        TableColumn("StorageClass", "StorageClass of the pvc"), TableColumn("VolumeAttributesClass"), .age,
        TableColumn("VolumeMode", wide: true),
    ]) { subject in
        let isBound = !(subject["spec", "volumeName"]?.string ?? "").isEmpty
        let modes = isBound ? subject["status", "accessModes"]?.array?.compactMap(\.string) ?? [] : []
        let annotation = subject.object.annotations["volume.beta.kubernetes.io/storage-class"]
        return [
            subject.name,
            subject.object.deletionTimestamp != nil ? "Terminating" : subject.text("status", "phase"),
            subject.text("spec", "volumeName"),
            isBound ? subject.text("status", "capacity", "storage") : "",
            .string(modes.map { shortModes[$0] ?? $0 }.joined(separator: ",")),
            annotation.map { .string($0) } ?? subject.text("spec", "storageClassName"),
            subject.text("spec", "volumeAttributesClassName", or: "<unset>"), subject.age,
            subject.text("spec", "volumeMode", or: "<unset>"),
        ]
    }

    private static let shortModes: [String: String] = [
        "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
    ]
}
