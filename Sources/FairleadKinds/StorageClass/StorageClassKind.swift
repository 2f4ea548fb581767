import FairleadModel

extension Kind {
    static let storageClass = Kind(
        "StorageClass", group: "storage.k8s.io", resource: "storageclasses", shortNames: ["sc"], isNamespaced: false,
        package: "storage.v1", storageHash: "K+m6uJwbjGY=", strategy: StorageClassStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Provisioner"), TableColumn("ReclaimPolicy"), TableColumn("VolumeBindingMode"),
            TableColumn("AllowVolumeExpansion"), .age,
        ]) { subject in
            [
                DefaultClass.nameCell(of: subject, DefaultClass.ofClaims), subject.text("provisioner"),
                subject.text("reclaimPolicy", or: "Delete"), subject.text("volumeBindingMode", or: "Immediate"),
                .bool(subject["allowVolumeExpansion"]?.bool ?? false), subject.age,
            ]
        })
}
