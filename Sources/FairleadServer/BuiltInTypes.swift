import FairleadSchema

/// The compiled-in schemas, parsed once for all servers of the process, beside what else a start does.
package enum BuiltInTypes {
    /// Detached, because it begins before there is anything that could own it, and belongs to the process.
    private static let parsing = Task.detached { try TypeRegistry.builtIn() }

    /// Begins to parse. A program that is about to serve calls this first: the schemas take a third of the time that a
    /// start takes, and nothing is needed for them.
    package static func prepare() { _ = parsing }

    /// Waits until they are parsed.
    /// - Throws: `SchemaError`.
    static var value: TypeRegistry { get async throws { try await parsing.value } }
}
