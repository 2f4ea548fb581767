/// Why a selector cannot be understood, in the words that Kubernetes puts into a 400.
package struct SelectorError: Error, Hashable, Sendable {
    package var message: String

    package init(message: String) { self.message = message }
}
