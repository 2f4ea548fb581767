import FairleadModel

extension CustomDefinition.Version {
    /// How many times as much work there is with a value or byte of the version's objects as with those of an ordinary
    /// kind. The authors of definitions decide it, so requests are judged by it before any of the work is done.
    package struct Weight: Sendable, Equatable {
        /// Validating what is written, and filling in its defaults.
        package let writing: Int
        /// Filling in defaults that are not stored.
        package let reading: Int
        /// Finding the cells of a table's row as well.
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
