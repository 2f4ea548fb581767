import FairleadModel
import FairleadSchema

extension TablePrinter {
    /// The printer of a custom kind: its name, then the columns of its definition, or its age if that has none.
    ///
    /// Reference: "Additional printer columns"; k8s.io/apiextensions-apiserver `tableconvertor`.
    init(columns: [CustomDefinition.Version.Column]) {
        guard !columns.isEmpty else {
            let age = TableColumn("Age", Descriptions.creationTimestamp, type: "date")
            // An object that was never created (that of a bookmark) has no age at all.
            self.init([.name, age]) { [$0.name, $0["metadata", "creationTimestamp"] == nil ? .null : $0.age] }
            return
        }
        let headers = columns.map { column in
            var header = TableColumn(column.name, column.description, type: column.type, format: column.format)
            header.priority = column.priority
            return header
        }
        self.init([.name] + headers) { subject in
            [subject.name] + columns.map { Self.cell($0, subject) }
        }
    }

    private static func cell(_ column: CustomDefinition.Version.Column, _ subject: TableSubject) -> Value {
        guard let value = column.path?.values(in: subject.object).first else { return .null }
        switch (column.type, value) {
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
