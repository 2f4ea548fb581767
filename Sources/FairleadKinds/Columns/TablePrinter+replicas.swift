import FairleadModel

/// The columns that ReplicaSets and ReplicationControllers share.
extension TablePrinter {
    static let replicaColumns: [TableColumn] = [
        .name, .integer("Desired"), .integer("Current"), .integer("Ready"), .age, .containers, .images, .selector,
    ]

    static func replicaCells(_ subject: TableSubject) -> [Value] {
        [
            subject.name, subject.number("spec", "replicas"), subject.number("status", "replicas"),
            subject.number("status", "readyReplicas"), subject.age,
        ] + subject.containers("spec", "template", "spec")
    }
}
