import Crypto
import FairleadIdentity
import FairleadModel
import Testing
import X509

@testable import FairleadClusterControllers

struct CertificateControllerTests {
    private static let now = Timestamp(seconds: 1_780_000_000)

    private func request(_ organizations: [String], _ name: String, dns: [String] = []) throws -> Value {
        let subject = try DistinguishedName(
            organizations.map { try .init(type: .RDNAttributeType.organizationName, printableString: $0) }
                + [try .init(type: .RDNAttributeType.commonName, printableString: name)])
        var attributes = CertificateSigningRequest.Attributes()
        if !dns.isEmpty {
            let names = SubjectAlternativeNames(dns.map { .dnsName($0) })
            attributes = try .init([.init(ExtensionRequest(extensions: try .init { names }))])
        }
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let pem = try CertificateSigningRequest(
            version: .v1, subject: subject, privateKey: key, attributes: attributes
        ).serializeAsPEM().pemString
        return .string(Base64.encode(Array(pem.utf8)[...]))
    }

    private func object(
        _ request: Value, signer: String, usages: [String], conditions: [String] = ["Approved"],
        seconds: Int64? = nil
    ) -> Value {
        var object: Value = [
            "metadata": ["name": "c", "creationTimestamp": .string(Self.now.rfc3339)],
            "spec": [
                "request": request, "signerName": .string("kubernetes.io/" + signer),
                "usages": .array(usages.map { .string($0) }),
            ],
            "status": [
                "conditions": .array(
                    conditions.map {
                        ["type": .string($0), "status": "True", "lastUpdateTime": .string(Self.now.rfc3339)]
                    })
            ],
        ]
        object.set(seconds.map { .int($0) }, at: "spec", "expirationSeconds")
        return object
    }

    private func certificate(in status: Value?) throws -> Certificate? {
        guard let text = status?["certificate"]?.string else { return nil }
        return try Certificate(pemEncoded: String(decoding: Base64.decode(text), as: UTF8.self))
    }

    @Test func approvedRequestsAreSigned() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let object = object(
            try request(["devs", "ops"], "alice"), signer: "kube-apiserver-client", usages: ["client auth"],
            seconds: 1200)
        let status = CertificateSigningController.status(of: object, authority, at: Self.now)
        let certificate = try #require(try certificate(in: status))
        #expect(status?["conditions"] == object.at("status", "conditions"))
        #expect(certificate.notValidAfter.timeIntervalSince1970 == Double(Self.now.seconds + 1200))
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.clientAuth]))
        // What is issued is not issued again.
        var issued = object
        issued["status"] = status
        #expect(CertificateSigningController.status(of: issued, authority, at: Self.now) == nil)
    }

    @Test func othersAreLeftAlone() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let request = try request([], "alice")
        for conditions in [[], ["Denied"], ["Approved", "Denied"], ["Approved", "Failed"]] {
            let object = object(
                request, signer: "kube-apiserver-client", usages: ["client auth"], conditions: conditions)
            #expect(CertificateSigningController.status(of: object, authority, at: Self.now) == nil)
        }
        let foreign = object(request, signer: "other", usages: ["client auth"])
        #expect(CertificateSigningController.status(of: foreign, authority, at: Self.now) == nil)
    }

    @Test func signersHaveRules() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let node = "system:node:n"
        let client = ["client auth", "digital signature", "key encipherment"]
        let serving = ["server auth", "digital signature"]
        for (object, why) in [
            (
                object(try request([], "a"), signer: "kube-apiserver-client", usages: ["server auth"]),
                "invalid usage for client certificate: server auth"
            ),
            (
                object(try request([], "a"), signer: "kube-apiserver-client", usages: ["digital signature"]),
                "missing required usage for client certificate: client auth"
            ),
            (
                object(try request([], node), signer: "kube-apiserver-client-kubelet", usages: client),
                "subject organization is not system:nodes"
            ),
            (
                object(try request(["system:nodes"], "n"), signer: "kube-apiserver-client-kubelet", usages: client),
                "subject common name does not begin with system:node:"
            ),
            (
                object(
                    try request(["system:nodes"], node, dns: ["n"]), signer: "kube-apiserver-client-kubelet",
                    usages: client), "DNS subjectAltNames are not allowed"
            ),
            (
                object(try request(["system:nodes"], node), signer: "kubelet-serving", usages: serving),
                "DNS or IP subjectAltName is required"
            ),
            (
                object(
                    try request(["system:nodes"], node, dns: ["n"]), signer: "kubelet-serving",
                    usages: ["client auth"]),
                "usages did not match [digital signature key encipherment server auth]"
            ),
        ] {
            let status = CertificateSigningController.status(of: object, authority, at: Self.now)
            let condition = status?.items("conditions").last
            #expect(condition?["type"] == "Failed" && condition?["reason"] == "SignerValidationFailure")
            #expect(condition?.text("message") == why)
            #expect(status?["certificate"] == nil)
        }
        for object in [
            object(try request(["system:nodes"], node), signer: "kube-apiserver-client-kubelet", usages: client),
            object(try request(["system:nodes"], node, dns: ["n"]), signer: "kubelet-serving", usages: serving),
            object(try request(["x"], "y", dns: ["n"]), signer: "legacy-unknown", usages: ["any"]),
        ] {
            let status = CertificateSigningController.status(of: object, authority, at: Self.now)
            #expect(try certificate(in: status) != nil)
        }
    }

    @Test func oldRequestsLeave() throws {
        let authority = try CertificateAuthority(at: Self.now)
        let request = try request([], "alice")
        func end(_ conditions: [String]) -> Double? {
            CertificateCleanerController.end(
                of: object(request, signer: "kube-apiserver-client", usages: ["client auth"], conditions: conditions)
            )?.since(Self.now)
        }
        #expect(end([]) == 86_400)
        #expect(end(["Denied"]) == 3600 && end(["Failed"]) == 3600)
        #expect(end(["Approved"]) == 86_400)
        var issued = object(request, signer: "kube-apiserver-client", usages: ["client auth"], seconds: 600)
        issued["status"] = CertificateSigningController.status(of: issued, authority, at: Self.now)
        // The certificate ends before the hour does.
        #expect(CertificateCleanerController.end(of: issued)?.since(Self.now) == 600)
    }
}
