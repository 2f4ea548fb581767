/// What the listener knows of the other end of a connection.
package struct PeerIdentity: Sendable, Hashable {
    /// Whether the request came in over TLS, through the door that is closed to strangers.
    package var isOverTLS: Bool
    /// The client's certificate, once the listener has found that a trusted authority signed it, and that it is valid
    /// at this time and for clients.
    package var certificate: Certificate?
    /// Whether the client has shown a certificate that nobody vouches for.
    package var hasBadCertificate = false
    /// Whether the client is a proxy that may say in headers whom it speaks for.
    package var isFrontProxy = false

    /// What authentication needs of a certificate, read once for each connection.
    package struct Certificate: Sendable, Hashable {
        /// The common name: the user.
        package var commonName: String
        /// The organizations: the user's groups, in the certificate's order.
        package var organizations: [String]
        /// Identifies the certificate, as in `X509SHA256=…`: the SHA-256 of its bytes (DER), in hexadecimal digits.
        package var fingerprint: String

        package init(commonName: String, organizations: [String], fingerprint: String) {
            self.commonName = commonName
            self.organizations = organizations
            self.fingerprint = fingerprint
        }
    }

    package init(isOverTLS: Bool, certificate: Certificate? = nil, hasBadCertificate: Bool = false) {
        self.hasBadCertificate = hasBadCertificate
        self.isOverTLS = isOverTLS
        self.certificate = certificate
    }
}
