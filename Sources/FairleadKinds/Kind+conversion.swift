package import FairleadModel

extension Kind {
    /// How the objects of a kind that is stored in the form of another one become what its clients see, and back.
    ///
    /// The rules of the kind, its managedFields and what controllers see are about the stored form.
    package struct Conversion: Sendable {
        /// The type of what is stored, and its apiVersion.
        package let storedType: String
        package let storedAPIVersion: String
        package let fromStored: @Sendable (Value) -> Value
        package let toStored: @Sendable (Value) -> Value
    }
}
