import FairleadModel

extension Kind {
    static let namespace = Kind(
        "Namespace", resource: "namespaces", shortNames: ["ns"], isNamespaced: false,
        verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
        subresources: [.part("finalize", "Namespace", ["update"]), .status("Namespace")], package: "core.v1",
        storageHash: "Q3oi5N2YM8M=", strategy: NamespaceStrategy(),
        columns: TablePrinter([.name, TableColumn("Status", "The status of the namespace"), .age]) {
            [$0.name, $0.text("status", "phase"), $0.age]
        })
}
