import Crypto
package import FairleadModel
import SwiftASN1
import X509

/// Whom a certificate is about: a user and groups, for Kubernetes.
package struct CertificateSubject: Sendable, Hashable {
    package var commonName: String
    package var organizations: [String]
    /// Whether the name has other parts than these.
    package var hasMore = false

    package init(commonName: String, organizations: [String]) {
        self.commonName = commonName
        self.organizations = organizations
    }

    /// Reads a name as Go does: of several common names the last counts.
    init(_ name: DistinguishedName) {
        commonName = ""
        organizations = []
        for attribute in name.joined() {
            let text = String(attribute.value) ?? ""
            switch attribute.type {
            case .RDNAttributeType.commonName: commonName = text
            case .RDNAttributeType.organizationName: organizations.append(text)
            default: hasMore = true
            }
        }
    }

    /// All organizations are one part of the name, as Go's library writes them. They are a set there, so their order
    /// is that of their bytes: what a client is told of its groups.
    var distinguishedName: DistinguishedName {
        get throws {
            var parts: [RelativeDistinguishedName] = []
            if !organizations.isEmpty {
                parts.append(
                    RelativeDistinguishedName(
                        organizations.map { Self.attribute(.RDNAttributeType.organizationName, $0) }))
            }
            if !commonName.isEmpty {
                parts.append(RelativeDistinguishedName(Self.attribute(.RDNAttributeType.commonName, commonName)))
            }
            return DistinguishedName(parts)
        }
    }

    private static func attribute(
        _ type: ASN1ObjectIdentifier, _ text: String
    ) -> RelativeDistinguishedName.Attribute {
        // Go writes what it can as a PrintableString, and the rest in UTF-8.
        if let printable = try? RelativeDistinguishedName.Attribute(type: type, printableString: text) {  // else: below
            return printable
        }
        return RelativeDistinguishedName.Attribute(type: type, utf8String: text)
    }
}

extension PeerIdentity.Certificate {
    /// Reads the leaf certificate (DER) of a client that the listener has verified.
    package init(verifiedDER bytes: [UInt8]) throws(IdentityError) {
        do {
            let certificate = try X509.Certificate(derEncoded: bytes)
            let subject = CertificateSubject(certificate.subject)
            let digest = Crypto.SHA256.hash(data: bytes)
            self.init(
                commonName: subject.commonName, organizations: subject.organizations,
                fingerprint: digest.map { byte in Self.digits[Int(byte >> 4)] + Self.digits[Int(byte & 15)] }.joined())
        } catch {
            throw IdentityError("a client's certificate cannot be read: \(error)")
        }
    }

    private static let digits = "0123456789abcdef".map(String.init)
}
