import Crypto
import FairleadModel
import Foundation
import SwiftASN1
import Testing
import X509

@testable import FairleadIdentity

struct CertificateAuthorityTests {
    static let now = Timestamp(seconds: 1_780_000_000)

    private func leaf(_ issued: IssuedCertificate) throws -> Certificate {
        try Certificate(pemEncoded: issued.certificatePEM)
    }

    @Test func rootSignsItself() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let root = try Certificate(pemEncoded: authority.rootPEM)
        #expect(root.publicKey.isValidSignature(root.signature, for: root))
        #expect(root.subject.description == "CN=kubernetes")
        #expect(try root.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: nil))
        #expect(authority.expiration.since(Self.now) > 9 * 365 * 86_400)
    }

    @Test func serverCertificatesHaveTheirNamesAndAddresses() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let addresses = try ["10.96.0.1", "127.0.0.1", "fd00::1"].map { try #require(IPAddress($0)) }
        let issued = try authority.issueServer(
            names: ["localhost", "kubernetes.default.svc"], addresses: addresses, at: Self.now)
        let root = try Certificate(pemEncoded: authority.rootPEM)
        let certificate = try leaf(issued)
        #expect(root.publicKey.isValidSignature(certificate.signature, for: certificate))
        let names = try #require(try certificate.extensions.subjectAlternativeNames)
        #expect(names.contains(.dnsName("localhost")))
        #expect(names.contains(.ipAddress(ASN1OctetString(contentBytes: [10, 96, 0, 1]))))
        #expect(
            names.contains(
                .ipAddress(ASN1OctetString(contentBytes: [0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]))))
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
        #expect(issued.chainPEM == issued.certificatePEM + authority.rootPEM)
        let key = try Certificate.PrivateKey(pemEncoded: issued.keyPEM)
        #expect(key.publicKey == certificate.publicKey)
        #expect(issued.renewal > Self.now && issued.renewal < issued.expiration)
    }

    @Test func clientCertificatesSayWhoTheyAre() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let issued = try authority.issueClient(user: "jörg", groups: ["devs", "ops"], at: Self.now)
        let certificate = try leaf(issued)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        let peer = try PeerIdentity.Certificate(verifiedDER: serializer.serializedBytes)
        #expect(peer.commonName == "jörg")
        // A set: the shorter one comes first.
        #expect(peer.organizations == ["ops", "devs"])
        #expect(peer.fingerprint.count == 64)
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.clientAuth]))
    }

    @Test func nothingOutlivesTheAuthority() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let late = Self.now.adding(seconds: CertificateAuthority.ownLifetime - 3600)
        let issued = try authority.issueClient(user: "a", groups: [], at: late)
        #expect(issued.expiration == authority.expiration)
    }

    // MARK: - requests

    private func request(
        _ subject: DistinguishedName, key: Certificate.PrivateKey, names: [GeneralName] = []
    ) throws -> String {
        var attributes = CertificateSigningRequest.Attributes()
        if !names.isEmpty {
            let extensions = try Certificate.Extensions { SubjectAlternativeNames(names) }
            attributes = try .init([.init(ExtensionRequest(extensions: extensions))])
        }
        let request = try CertificateSigningRequest(
            version: .v1, subject: subject, privateKey: key, attributes: attributes)
        return try request.serializeAsPEM().pemString
    }

    @Test func requestsAreSignedForTheirUsages() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName {
            OrganizationName("system:nodes")
            CommonName("system:node:a")
        }
        let request = try CertificateRequest(
            pem: request(subject, key: key, names: [.dnsName("a"), .ipAddress(.init(contentBytes: [10, 0, 0, 1]))]))
        #expect(request.subject.commonName == "system:node:a")
        #expect(request.dnsNames == ["a"])
        #expect(request.hasAddresses && !request.hasURIs && !request.hasEmailAddresses)
        let usages = try CertificateUsages(["server auth", "digital signature"])
        let pem = try authority.sign(request, usages: usages, lifetime: 3600, at: Self.now)
        let certificate = try Certificate(pemEncoded: pem)
        #expect(certificate.publicKey == key.publicKey)
        #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
        #expect(try certificate.extensions.subjectAlternativeNames?.count == 2)
        #expect(Timestamp(certificate.notValidAfter) == Self.now.adding(seconds: 3600))
        #expect(Timestamp(certificate.notValidBefore) == Self.now.adding(seconds: -300))
    }

    @Test func requestsForSomebodyElsesKeyAreRefused() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName("a") }
        let good = try CertificateSigningRequest(
            version: .v1, subject: subject, privateKey: key, attributes: .init())
        var serializer = DER.Serializer()
        try serializer.serialize(good)
        var bytes = serializer.serializedBytes
        // The last byte belongs to the signature.
        bytes[bytes.count - 1] ^= 1
        let pem = PEMDocument(type: "CERTIFICATE REQUEST", derBytes: bytes).pemString
        let forged = try CertificateRequest(pem: pem)
        #expect(!forged.isSigned)
        let authority = try CertificateAuthority(at: Self.now)
        let usages = try CertificateUsages(["client auth"])
        #expect(throws: IdentityError.self) {
            try authority.sign(forged, usages: usages, lifetime: 3600, at: Self.now)
        }
    }

    @Test func requestsThatAreNoneAreRefusedInKubernetesWords() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let good = try CertificateSigningRequest(
            version: .v1, subject: try DistinguishedName { CommonName("a") }, privateKey: key, attributes: .init())
        var serializer = DER.Serializer()
        try serializer.serialize(good)
        func pem(_ bytes: some Sequence<UInt8>, _ type: String = "CERTIFICATE REQUEST") -> String {
            PEMDocument(type: type, derBytes: Array(bytes)).pemString
        }
        let bytes = serializer.serializedBytes
        let block = "PEM block type must be CERTIFICATE REQUEST"
        for (text, words) in [
            ("", block), ("-----BEGIN CERTIFICATE-----\nAAAA\n", block), (pem(bytes, "CERTIFICATE"), block),
            ("-----BEGIN CERTIFICATE REQUEST-----\n!!!!\n-----END CERTIFICATE REQUEST-----\n", block),
            (pem(bytes.dropLast(9)), "asn1: syntax error: data truncated"),
            (pem([4, 1, 65]), "asn1: structure error: tags don't match"),
        ] {
            let error = #expect(throws: IdentityError.self) { try CertificateRequest(pem: text) }
            #expect(error?.description == words)
        }
        // What comes before a block, and how long its lines are, does not matter.
        _ = try CertificateRequest(pem: "hello\n" + pem(bytes))
        let long = Base64.encode(bytes[...])
        _ = try CertificateRequest(
            pem: "-----BEGIN CERTIFICATE REQUEST-----\r\n\(long)\r\n-----END CERTIFICATE REQUEST-----\r\n")
    }

    @Test func unknownUsagesAreRefused() {
        #expect(throws: IdentityError.self) { try CertificateUsages(["client auth", "flying"]) }
    }

    // MARK: - the folder

    @Test func authorityIsKeptAndRenewedWithItsKey() throws {
        let folder = KeyFolder(path: NSTemporaryDirectory() + "pki-\(UUID())")
        defer { try? FileManager.default.removeItem(atPath: folder.path) }  // left to the system otherwise
        let first = try CertificateAuthority.open(in: folder, at: Self.now)
        let second = try CertificateAuthority.open(in: folder, at: Self.now.adding(seconds: 86_400))
        #expect(first.rootPEM == second.rootPEM)
        let late = Self.now.adding(seconds: 9 * 365 * 86_400)
        let renewed = try CertificateAuthority.open(in: folder, at: late)
        #expect(renewed.rootPEM != first.rootPEM)
        #expect(renewed.expiration > first.expiration)
        let old = try leaf(first.issueClient(user: "a", groups: [], at: Self.now))
        let root = try Certificate(pemEncoded: renewed.rootPEM)
        #expect(root.publicKey.isValidSignature(old.signature, for: old))
        for name in ["", "/ca.key", "/ca.crt"] {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.path + name)[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == (name.isEmpty ? 0o700 : 0o600))
        }
    }

    @Test func keysThatOthersCanReadAreRefused() throws {
        let folder = KeyFolder(path: NSTemporaryDirectory() + "pki-\(UUID())")
        defer { try? FileManager.default.removeItem(atPath: folder.path) }  // left to the system otherwise
        _ = try CertificateAuthority.open(in: folder, at: Self.now)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.path + "/ca.key")
        #expect(throws: IdentityError.self) { try CertificateAuthority.open(in: folder, at: Self.now) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path + "/ca.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        #expect(throws: IdentityError.self) { try CertificateAuthority.open(in: folder, at: Self.now) }
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
        try FileManager.default.removeItem(atPath: folder.path + "/ca.crt")
        #expect(throws: IdentityError.self) { try CertificateAuthority.open(in: folder, at: Self.now) }
    }
}
