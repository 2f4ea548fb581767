package import FairleadModel
import Foundation
import SwiftASN1
import X509

/// Whose signature makes a client's certificate count: the cluster's own authority, and others that were given.
package struct ClientTrust: Sendable {
    private let roots: [Certificate]

    /// - Parameter authorities: certificates in PEM, as many in a text as there are.
    /// - Throws: for a text that is no certificates.
    package init(authorities: [String]) throws(IdentityError) {
        do {
            roots = try authorities.flatMap { text in
                try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
            }
        } catch {
            // The library's words repeat the text, which may be a private key.
            throw IdentityError("a client authority cannot be read: it must be certificates in PEM, and nothing else")
        }
    }

    /// Checks what a client has shown, as a client's certificate at this time, by the machine's clock (RFC 5280).
    ///
    /// - Parameter chain: DER, leaf first; the client has the key of the leaf.
    package func peer(showing chain: [[UInt8]]) async -> PeerIdentity {
        do {
            let certificates = try chain.map { try Certificate(derEncoded: $0) }
            guard let leaf = certificates.first, let bytes = chain.first else { return PeerIdentity(isOverTLS: true) }
            let isTrusted =
                roots.contains(leaf)
                ? await isValid(root: leaf) : await isValid(leaf, through: certificates.dropFirst())
            guard isTrusted else { throw IdentityError("nobody vouches for it") }
            return PeerIdentity(isOverTLS: true, certificate: try PeerIdentity.Certificate(verifiedDER: bytes))
        } catch {
            return PeerIdentity(isOverTLS: true, hasBadCertificate: true)
        }
    }
}

extension ClientTrust {
    private func isValid(_ leaf: Certificate, through others: ArraySlice<Certificate>) async -> Bool {
        var verifier = Verifier(rootCertificates: CertificateStore(roots)) {
            RFC5280Policy()
            ClientUsagePolicy()
        }
        let verdict = await verifier.validate(leaf: leaf, intermediates: CertificateStore(others))
        if case .validCertificate = verdict { return true }
        return false
    }

    /// One that was given as an authority and is shown itself need not be able to sign others, as in Go: some test kits
    /// have one certificate that has signed itself.
    private func isValid(root: Certificate) async -> Bool {
        var verifier = Verifier(rootCertificates: CertificateStore([root])) {
            ShownRootPolicy()
            ClientUsagePolicy()
        }
        let verdict = await verifier.validate(leaf: root, intermediates: CertificateStore())
        if case .validCertificate = verdict { return true }
        return false
    }
}

/// The certificate is valid at this time, by the machine's clock.
private struct ShownRootPolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage,
    ]

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        let now = Date()
        return chain.leaf.notValidBefore <= now && now <= chain.leaf.notValidAfter
            ? .meetsPolicy : .failsToMeetPolicy(reason: "it is not valid at this time")
    }
}

/// The leaf is for clients: it says so, or does not say what it is for.
private struct ClientUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage]

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        guard let usages = try? chain.leaf.extensions.extendedKeyUsage else {  // unreadable, or absent: see below
            // One that cannot be read is treated like one that is for something else.
            return chain.leaf.extensions[oid: .X509ExtensionID.extendedKeyUsage] == nil
                ? .meetsPolicy : .failsToMeetPolicy(reason: "the extended key usage cannot be read")
        }
        return usages.contains(.clientAuth) || usages.contains(.any)
            ? .meetsPolicy : .failsToMeetPolicy(reason: "it is not for clients")
    }
}
