package import FairleadModel

extension Kind {
    /// How objects that are stored in the form of another kind are converted to what clients see, and back.
    ///
    /// The kind's rules, its managedFields and what controllers see all refer to the stored form.
    package struct Conversion: Sendable {
        /// The type of the stored objects, and its apiVersion.
        package let storedType: String
        package let storedAPIVersion: String
        package let fromStored: @Sendable (Value) -> Value
        package let toStored: @Sendable (Value) -> Value
    }
}
