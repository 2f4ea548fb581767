/// Why a service account token does not hold, in a sentence.
package struct TokenRefusal: Error, Hashable, Sendable {
    package var message: String

    package init(_ message: String) { self.message = message }
}

/// Checks service account tokens as a client would that finds the keys through the issuer's discovery document.
package protocol TokenVerifying: Sendable {
    /// Checks signature, audience and expiry.
    ///
    /// - Returns: the subject, `system:serviceaccount:NAMESPACE:NAME`.
    func verify(token: String, issuer: String, audience: String) async throws(TokenRefusal) -> String
}
