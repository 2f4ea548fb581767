import FairleadModel

extension Kind {
    static let configMap = Kind(
        "ConfigMap", resource: "configmaps", shortNames: ["cm"], package: "core.v1", storageHash: "qFsyl6wFWjQ=",
        strategy: ConfigMapStrategy(),
        columns: TablePrinter([
            .name,
            TableColumn(
                "Data",
                """
                Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or \
                '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must \
                not overlap with the keys in the BinaryData field, this is enforced during validation process.
                """),
            .age,
        ]) { subject in
            let count = (subject["data"]?.object?.count ?? 0) + (subject["binaryData"]?.object?.count ?? 0)
            return [subject.name, .int(Int64(count)), subject.age]
        })
}
