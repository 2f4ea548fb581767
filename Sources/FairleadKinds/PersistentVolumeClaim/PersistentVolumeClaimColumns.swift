import FairleadModel

extension TablePrinter {
    static let persistentVolumeClaims = TablePrinter([
        .name, TableColumn("Status"), TableColumn("Volume"), TableColumn("Capacity"), TableColumn("Access Modes"),
        TableColumn("StorageClass", "StorageClass of the pvc"), TableColumn("VolumeAttributesClass"), .age,
        TableColumn("VolumeMode", wide: true),
    ]) { subject in
        let hasVolume = !(subject["spec", "volumeName"]?.string ?? "").isEmpty
        return [
            subject.name,
            subject.object.deletionTimestamp != nil ? "Terminating" : subject.text("status", "phase"),
            subject.text("spec", "volumeName"),
            hasVolume ? subject.text("status", "capacity", "storage", or: "0") : "",
            .string(hasVolume ? accessModes(subject["status", "accessModes"]) : ""), storageClass(of: subject),
            subject.text("spec", "volumeAttributesClassName", or: "<unset>"), subject.age,
            subject.text("spec", "volumeMode", or: "<unset>"),
        ]
    }
}
