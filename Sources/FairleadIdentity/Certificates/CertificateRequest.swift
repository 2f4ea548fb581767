import SwiftASN1
import X509

/// A certificate signing request (PKCS #10).
package struct CertificateRequest: Sendable {
    let content: CertificateSigningRequest
    package let subject: CertificateSubject
    let alternatives: [GeneralName]

    /// - Throws: with Go's or Kubernetes' words, since they are shown to clients.
    package init(pem: String) throws(IdentityError) {
        guard let block = PEMText.first(in: pem), block.type == CertificateSigningRequest.defaultPEMDiscriminator else {
            throw IdentityError("PEM block type must be CERTIFICATE REQUEST")
        }
        do {
            content = try CertificateSigningRequest(derEncoded: block.bytes)
        } catch {
            throw IdentityError(Self.reason(error))
        }
        do {
            alternatives =
                try content.attributes.extensionRequest?.extensions.subjectAlternativeNames.map(Array.init) ?? []
        } catch {
            throw IdentityError("x509: invalid subject alternative names")
        }
        subject = CertificateSubject(content.subject)
    }

    /// The words of Go's `encoding/asn1` and `crypto/x509`.
    private static func reason(_ error: any Error) -> String {
        switch (error as? ASN1Error)?.code {
        case .truncatedASN1Field?: "asn1: syntax error: data truncated"
        case .unexpectedFieldType?: "asn1: structure error: tags don't match"
        case .invalidASN1IntegerEncoding?: "asn1: structure error: integer not minimally-encoded"
        case .unsupportedFieldLength?: "asn1: structure error: length too large"
        case .tooFewOIDComponents?: "asn1: syntax error: zero length OBJECT IDENTIFIER"
        case .some: "asn1: structure error: this is no certificate request"
        case nil: "x509: malformed certificate request, or one whose key is of an unsupported kind"
        }
    }

    /// Whether it is signed with the key that it is about. Otherwise anyone could get a certificate for somebody else's.
    package var isSigned: Bool { content.publicKey.isValidSignature(content.signature, for: content) }

    package var dnsNames: [String] {
        alternatives.compactMap { name in
            guard case .dnsName(let text) = name else { return nil }
            return text
        }
    }

    package var hasAddresses: Bool {
        alternatives.contains { name in
            guard case .ipAddress = name else { return false }
            return true
        }
    }

    package var hasEmailAddresses: Bool {
        alternatives.contains { name in
            guard case .rfc822Name = name else { return false }
            return true
        }
    }

    package var hasURIs: Bool {
        alternatives.contains { name in
            guard case .uniformResourceIdentifier = name else { return false }
            return true
        }
    }
}
