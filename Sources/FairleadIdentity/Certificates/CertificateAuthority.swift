import Crypto
package import FairleadModel
import Foundation
import SwiftASN1
import X509

/// The cluster's certificate authority: signs the server's certificates, those of clients, and requests that have been
/// approved. Keys are ECDSA P-256.
package struct CertificateAuthority: Sendable {
    /// The authority's own certificate.
    package let rootPEM: String
    /// The authority's key (PKCS #8), to be kept.
    let keyPEM: String
    private let root: Certificate
    private let key: Certificate.PrivateKey

    /// Like kubeadm: ten years for the authority, one for what it signs by itself.
    static let ownLifetime: Double = 10 * 365 * 86_400
    static let leafLifetime: Double = 365 * 86_400
    /// Certificates are valid from a few minutes ago, since clocks differ.
    static let backdate: Double = 300
    /// Shorter lifetimes are not counted from the backdated beginning.
    static let short: Double = 8 * 3600

    /// Reads an authority's certificate and key.
    package init(certificatePEM: String, keyPEM: String) throws(IdentityError) {
        // What the library says of a text that is cut off has the text in it, a private key and all.
        do {
            root = try Certificate(pemEncoded: certificatePEM)
        } catch {
            throw IdentityError("the certificate authority cannot be read: there is no whole certificate in ca.crt")
        }
        do {
            key = try Certificate.PrivateKey(pemEncoded: keyPEM)
        } catch {
            throw IdentityError("the certificate authority cannot be read: there is no whole private key in ca.key")
        }
        guard key.publicKey == root.publicKey else {
            throw IdentityError("the certificate authority's key is not that of its certificate")
        }
        rootPEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// Makes an authority.
    ///
    /// - Parameter key: the key of the authority that it continues, whose certificates stay valid; nil for a new one.
    package init(at now: Timestamp, continuing old: CertificateAuthority? = nil) throws(IdentityError) {
        do {
            let key = old?.key ?? Certificate.PrivateKey(P256.Signing.PrivateKey())
            let subject = try DistinguishedName { CommonName("kubernetes") }
            let identifier = SubjectKeyIdentifier(hash: key.publicKey)
            let extensions = try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: true))
                identifier
                SubjectAlternativeNames([.dnsName("kubernetes")])
            }
            root = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: key.publicKey,
                notValidBefore: now.adding(seconds: -Self.backdate).date,
                notValidAfter: now.adding(seconds: Self.ownLifetime).date, issuer: subject, subject: subject,
                extensions: extensions, issuerPrivateKey: key)
            self.key = key
            rootPEM = try root.serializeAsPEM().pemString + "\n"
            keyPEM = try key.serializeAsPEM().pemString + "\n"
        } catch {
            throw IdentityError("cannot make a certificate authority: \(error)")
        }
    }

    package var expiration: Timestamp { Timestamp(root.notValidAfter) }

    // MARK: - certificates with new keys

    /// A certificate for a server with these names and addresses.
    package func issueServer(
        names: [String], addresses: [IPAddress], commonName: String = "kube-apiserver", at now: Timestamp
    ) throws(IdentityError) -> IssuedCertificate {
        let alternatives = names.map { GeneralName.dnsName($0) } + addresses.map(\.generalName)
        let subject = CertificateSubject(commonName: commonName, organizations: [])
        return try issue(subject, alternatives, [.serverAuth], at: now)
    }

    /// A certificate with which a client is this user, in these groups.
    package func issueClient(
        user: String, groups: [String], lifetime: Double = leafLifetime, at now: Timestamp
    ) throws(IdentityError) -> IssuedCertificate {
        let subject = CertificateSubject(commonName: user, organizations: groups)
        return try issue(subject, [], [.clientAuth], lifetime: lifetime, at: now)
    }

    private func issue(
        _ subject: CertificateSubject, _ alternatives: [GeneralName], _ usages: [ExtendedKeyUsage.Usage],
        lifetime: Double = leafLifetime, at now: Timestamp
    ) throws(IdentityError) -> IssuedCertificate {
        do {
            let leafKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let end = min(now.adding(seconds: lifetime), expiration)
            let certificate = try sign(
                subject.distinguishedName, leafKey.publicKey, alternatives,
                KeyUsage(digitalSignature: true, keyEncipherment: true), usages, from: now, until: end)
            let pem = try certificate.serializeAsPEM().pemString + "\n"
            return IssuedCertificate(
                chainPEM: pem + rootPEM, certificatePEM: pem, keyPEM: try leafKey.serializeAsPEM().pemString + "\n",
                renewal: now.adding(seconds: end.since(now) * 2 / 3), expiration: end)
        } catch {
            throw IdentityError("cannot issue a certificate for \(subject.commonName): \(error)")
        }
    }

    // MARK: - requests

    /// Signs a request: its subject and names, for the given usages.
    ///
    /// - Parameter lifetime: in seconds; less if the authority itself does not live as long.
    /// - Returns: the certificate as PEM.
    package func sign(
        _ request: CertificateRequest, usages: CertificateUsages, lifetime: Double, at now: Timestamp
    ) throws(IdentityError) -> String {
        guard request.isSigned else {
            throw IdentityError("unable to sign: the request's signature is not that of its key")
        }
        do {
            let backdate = lifetime < Self.short ? 0 : Self.backdate
            let end = min(now.adding(seconds: lifetime - backdate), expiration)
            let certificate = try sign(
                request.subject.distinguishedName, request.content.publicKey, request.alternatives, usages.key,
                usages.extended, from: now, until: end)
            return try certificate.serializeAsPEM().pemString + "\n"
        } catch {
            throw IdentityError("cannot sign the request: \(error)")
        }
    }

    private func sign(
        _ subject: DistinguishedName, _ publicKey: Certificate.PublicKey, _ alternatives: [GeneralName],
        _ keyUsage: KeyUsage, _ usages: [ExtendedKeyUsage.Usage], from now: Timestamp, until end: Timestamp
    ) throws -> Certificate {
        let identifier = try root.extensions.subjectKeyIdentifier?.keyIdentifier
        let extensions = try Certificate.Extensions {
            if keyUsage != KeyUsage() { Critical(keyUsage) }
            if !usages.isEmpty { try ExtendedKeyUsage(usages) }
            Critical(BasicConstraints.notCertificateAuthority)
            if let identifier { AuthorityKeyIdentifier(keyIdentifier: identifier) }
            if !alternatives.isEmpty {
                // Critical if nothing else names the holder (RFC 5280, 4.2.1.6).
                if subject.isEmpty {
                    Critical(SubjectAlternativeNames(alternatives))
                } else {
                    SubjectAlternativeNames(alternatives)
                }
            }
        }
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: publicKey,
            notValidBefore: now.adding(seconds: -Self.backdate).date, notValidAfter: end.date, issuer: root.subject,
            subject: subject, extensions: extensions, issuerPrivateKey: key)
    }
}

extension Timestamp {
    /// Certificates count whole seconds.
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(seconds)) }

    init(_ date: Date) { self.init(seconds: Int64(saturating: date.timeIntervalSince1970.rounded(.down))) }
}

extension IPAddress {
    /// The address as a certificate has it: 4 or 16 bytes.
    fileprivate var generalName: GeneralName {
        let bytes = (0..<bitWidth / 8).reversed().map { index in
            let word = index >= 8 ? high : low
            return UInt8(truncatingIfNeeded: word >> UInt64(8 * (index % 8)))
        }
        return .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
    }
}
