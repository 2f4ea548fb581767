/// What normalizing an object found besides errors.
package struct StructuralReport: Sendable, Hashable {
    /// Strict paths of fields that the type does not have (`spec.ports[0].bogus`), in order, limited in number
    /// (`StrictComplaints`). All such fields have been removed.
    package var unknownFields: [String] = []

    /// Paths, of fields only, of lists that are empty but not missing, where Go writes a missing one, too. Storage does not
    /// tell one from the other, so they have been removed; but who writes one owns it.
    package var emptyLists: [[String]] = []

    package init(unknownFields: [String] = [], emptyLists: [[String]] = []) {
        self.unknownFields = unknownFields
        self.emptyLists = emptyLists
    }
}

/// A value that does not fit its field, with the message of Go's JSON decoder.
package struct DecodeError: Error, Sendable, Hashable {
    package var message: String

    package init(message: String) { self.message = message }
}
