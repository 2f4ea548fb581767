/// What normalizing an object found besides errors.
package struct StructuralReport: Sendable, Hashable {
    /// Strict paths of fields that the type does not have (`spec.ports[0].bogus`), in order, limited in number
    /// (`StrictComplaints`). All such fields have been removed.
    package var unknownFields: [String] = []

    package init(unknownFields: [String] = []) { self.unknownFields = unknownFields }
}

/// A value that does not fit its field, with the message of Go's JSON decoder.
package struct DecodeError: Error, Sendable, Hashable {
    package var message: String

    package init(message: String) { self.message = message }
}
