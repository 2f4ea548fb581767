/// What normalising an object found beside errors.
package struct StructuralReport: Sendable, Hashable {
    /// Strict paths of fields that the type does not have (`spec.ports[0].bogus`), in order; of very many only
    /// the first (`StrictComplaints`). All have been removed.
    package var unknownFields: [String] = []

    package init(unknownFields: [String] = []) { self.unknownFields = unknownFields }
}

/// A value that does not fit its field, in the words of Go's JSON decoder.
package struct DecodeError: Error, Sendable, Hashable {
    package var message: String

    package init(message: String) { self.message = message }
}
