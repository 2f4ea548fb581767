import FairleadModel

extension Kind {
    static let replicationController = Kind(
        "ReplicationController", resource: "replicationcontrollers", shortNames: ["rc"], categories: ["all"],
        subresources: [.scale, .status("ReplicationController")], package: "core.v1", storageFolder: "controllers",
        storageHash: "Jond2If31h0=", strategy: ReplicationControllerStrategy(),
        columns: TablePrinter(TablePrinter.replicaColumns) { subject in
            TablePrinter.replicaCells(subject) + [subject.labels("spec", "selector")]
        })
}
