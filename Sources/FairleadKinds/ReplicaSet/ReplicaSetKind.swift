import FairleadModel

extension Kind {
    static let replicaSet = Kind(
        "ReplicaSet", group: "apps", resource: "replicasets", shortNames: ["rs"], categories: ["all"],
        subresources: [.scale, .status("ReplicaSet")], package: "apps.v1", storageHash: "P1RzHs8/mWQ=",
        strategy: ReplicaSetStrategy(),
        columns: TablePrinter(TablePrinter.replicaColumns) { subject in
            TablePrinter.replicaCells(subject) + [subject.selector("spec", "selector")]
        })
}
