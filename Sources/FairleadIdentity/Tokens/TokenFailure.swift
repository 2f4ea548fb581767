/// Why a token does not hold, in Kubernetes' words: a TokenReview shows them.
package struct TokenFailure: Error, Hashable, Sendable {
    package let message: String

    init(_ message: String) { self.message = message }
}
