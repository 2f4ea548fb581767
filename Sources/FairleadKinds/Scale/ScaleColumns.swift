import FairleadModel

extension TablePrinter {
    /// The Scale of any scalable kind.
    package static let scale = TablePrinter([
        .name, .integer("Desired", "replicas is the desired number of instances for the scaled object."),
        .integer("Available", "replicas is the actual number of observed instances of the scaled object."), .age,
    ]) { [$0.name, $0.number("spec", "replicas"), $0.number("status", "replicas"), $0.age] }
}
