import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import FairleadIdentity

/// Test kits may have one certificate that has signed itself, for everything.
struct ClientTrustTests {
    private let key = P256.Signing.PrivateKey()

    private func certificate(until end: Date = Date(timeIntervalSinceNow: 3600)) throws -> Certificate {
        let name = try DistinguishedName {
            OrganizationName("system:masters")
            CommonName("kit")
        }
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: -7200), notValidAfter: end, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: Certificate.Extensions(), issuerPrivateKey: .init(key))
    }

    private func bytes(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    @Test func aRootThatIsShownItselfNeedNotSignOthers() async throws {
        let certificate = try certificate()
        let trust = try ClientTrust(authorities: [certificate.serializeAsPEM().pemString])
        let peer = await trust.peer(showing: [try bytes(certificate)])
        #expect(peer.certificate?.commonName == "kit" && peer.certificate?.organizations == ["system:masters"])
    }

    @Test func anotherOfTheSameNameAndKeyIsNobodys() async throws {
        let trust = try ClientTrust(authorities: [try certificate().serializeAsPEM().pemString])
        let peer = await trust.peer(showing: [try bytes(try certificate())])
        #expect(peer.certificate == nil && peer.hasBadCertificate)
    }

    @Test func aRootThatHasExpiredIsNobodys() async throws {
        let old = try certificate(until: Date(timeIntervalSinceNow: -60))
        let trust = try ClientTrust(authorities: [old.serializeAsPEM().pemString])
        let peer = await trust.peer(showing: [try bytes(old)])
        #expect(peer.certificate == nil && peer.hasBadCertificate)
    }

    @Test func theKeyInACertificateChecksTokens() throws {
        let pem = try certificate().serializeAsPEM().pemString
        let keys = try VerificationKey.all(pem: pem, source: "file")
        #expect(keys.map(\.id) == [VerificationKey(key.publicKey).id])
    }
}
