import FairleadModel

extension CustomDefinition.Version {
    /// The work that a value or byte of the version's objects takes, as a multiple of that for an ordinary kind.
    /// Authors of definitions control it, so requests are judged by it before any of the work is done.
    package struct Weight: Sendable, Equatable {
        /// Validating a write, and filling in its defaults.
        package let writing: Int
        /// Filling in defaults that are not stored.
        package let reading: Int
        /// Also finding the cells of a table row.
        package let printing: Int

        init(_ schema: StructuralSchema, _ columns: [CustomDefinition.Version.Column]) {
            let node = SchemaWeights.of(schema)
            writing = 1 +| node.checksPerValue +| node.growth
            reading = 1 +| node.growth
            let text = columns.map { $0.name.utf8.count +| $0.description.utf8.count }.saturatingSum()
            let searches = columns.count { $0.path?.isSearch == true }
            printing = reading +| columns.count / 8 +| text / 1024 +| searches
        }
    }
}
