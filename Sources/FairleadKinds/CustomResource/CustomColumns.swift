import FairleadModel
import FairleadSchema

extension TablePrinter {
    /// The printer of a custom kind: its name, then the columns of its definition, or its age if there are none.
    ///
    /// Reference: "Additional printer columns"; k8s.io/apiextensions-apiserver `tableconvertor`.
    init(columns: [CustomDefinition.Version.Column]) {
        guard !columns.isEmpty else {
            let age = TableColumn("Age", Descriptions.creationTimestamp, type: "date")
            // An object that was never created (that of a bookmark) has no age.
            self.init([.name, age]) { [$0.name, $0["metadata", "creationTimestamp"] == nil ? .null : $0.age] }
            return
        }
        let headers = columns.map { column in
            var header = TableColumn(column.name, column.description, type: column.type, format: column.format)
            header.priority = column.priority
            return header
        }
        self.init([.name] + headers) { subject in
            var budget = PathBudget()
            return [subject.name] + columns.map { Self.cell($0, subject, &budget) }
        }
    }

    /// Shown in cells that would take too long to find or to print.
    static let tooMuch: Value = "<too much to print>"

    private static func cell(
        _ column: CustomDefinition.Version.Column, _ subject: TableSubject, _ budget: inout PathBudget
    ) -> Value {
        guard !budget.isExhausted else { return tooMuch }
        guard let value = column.path?.first(in: subject.object, &budget) else {
            return budget.isExhausted ? tooMuch : .null
        }
        let cell = cell(column.type, value, subject)
        // Large values are charged to the budget, lest many columns all print the same one.
        if let text = cell.string { budget.take(text.utf8.count / 16) }
        return cell
    }

    private static func cell(_ type: String, _ value: Value, _ subject: TableSubject) -> Value {
        switch (type, value) {
        case ("string", .string): return value
        case ("string", .null): return "<no value>"
        case ("string", _): return .string(value.jsonText)
        case ("integer", .int): return value
        case ("integer", .double(let number)):
            return Int64(exactly: number.rounded(.towardZero)).map { .int($0) } ?? .null
        case ("number", .int), ("number", .double), ("boolean", .bool): return value
        case ("date", .string(let text)):
            return .string(Timestamp(rfc3339: text) == nil ? "<invalid>" : subject.age(of: value))
        default: return .null
        }
    }
}
