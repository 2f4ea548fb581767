import FairleadModel

extension Kind {
    static let lease = Kind(
        "Lease", group: "coordination.k8s.io", resource: "leases", package: "coordination.v1",
        storageHash: "gqkMMb/YqFM=", strategy: LeaseStrategy(),
        columns: TablePrinter([
            .name,
            TableColumn(
                "Holder",
                """
                holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election \
                is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.
                """),
            .age,
        ]) { [$0.name, $0.text("spec", "holderIdentity"), $0.age] })
}
