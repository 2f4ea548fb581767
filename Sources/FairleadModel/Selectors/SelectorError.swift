/// Why a selector cannot be parsed, with the message that Kubernetes puts into a 400.
package struct SelectorError: Error, Hashable, Sendable {
    package var message: String

    package init(message: String) { self.message = message }
}
