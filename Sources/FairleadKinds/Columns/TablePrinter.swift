package import FairleadModel

/// The columns of one kind, and how to build a row from an object.
package struct TablePrinter: Sendable {
    package let definitions: [TableColumn]
    let cells: @Sendable (TableSubject) -> [Value]
    /// Conditions of the row, which tell kubectl that a pod is done.
    package let conditions: @Sendable (TableSubject) -> [Value]

    init(
        _ definitions: [TableColumn], conditions: @escaping @Sendable (TableSubject) -> [Value] = { _ in [] },
        cells: @escaping @Sendable (TableSubject) -> [Value]
    ) {
        self.definitions = definitions
        self.cells = cells
        self.conditions = conditions
    }

    /// The `columnDefinitions` of a Table.
    package var columns: Value { .array(definitions.map(\.value)) }

    /// The cells of one object, one per column (IPAddresses have one more, as in Kubernetes).
    package func row(for object: Value, now: Timestamp) -> [Value] { cells(TableSubject(object, now: now)) }

    /// For kinds without columns of their own.
    static let nameAndCreation = TablePrinter([.name, .createdAt]) { [$0.name, $0.createdAt] }
}
