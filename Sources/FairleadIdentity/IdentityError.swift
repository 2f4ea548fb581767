/// Why keys or certificates cannot be used, for people.
package struct IdentityError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
