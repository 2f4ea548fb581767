import FairleadModel

extension Kind {
    static let secret = Kind(
        "Secret", resource: "secrets", package: "core.v1", storageHash: "S6u1pOWzb84=", strategy: SecretStrategy(),
        columns: TablePrinter([
            .name,
            TableColumn(
                "Type",
                """
                Used to facilitate programmatic handling of secret data. More info: \
                https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
                """),
            TableColumn(
                "Data",
                """
                Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The \
                serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly \
                non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4
                """),
            .age,
        ]) { [$0.name, $0.text("type"), .int(Int64($0["data"]?.object?.count ?? 0)), $0.age] })
}
