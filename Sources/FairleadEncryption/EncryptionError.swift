/// What is wrong with an encryption configuration, for whoever starts the server.
package struct EncryptionError: Error, CustomStringConvertible, Equatable {
    package let description: String

    init(_ description: String) { self.description = description }
}
