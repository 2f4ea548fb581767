package import FairleadModel

/// A certificate with its key, as PEM texts.
package struct IssuedCertificate: Sendable {
    /// The certificate, followed by the authority's.
    package let chainPEM: String
    /// Only the certificate.
    package let certificatePEM: String
    /// PKCS #8.
    package let keyPEM: String
    /// When it is to be replaced: when a third of its time is left.
    package let renewal: Timestamp
    package let expiration: Timestamp
}
