import FairleadClient
import FairleadIdentity
import FairleadModel

/// Signs approved requests that are for one of Kubernetes' own signers.
///
/// Reference: k8s.io/kubernetes `pkg/controller/certificates/signer`.
enum CertificateSigningController {
    static let descriptor = ControllerDescriptor(
        "certificatesigningrequest-signing-controller", alias: "csrsigning", workers: 1
    ) { (setup: ControllerSetup<String>, settings: CertificateControllers.Settings) in
        let requests = setup.watch(.certificateSigningRequests) { $0.isDeletion ? [] : [$0.name.name] }.lister
        let client = setup.client
        let now = setup.now
        return { name in
            guard let object = requests.get(namespace: "", name: name)?.value,
                let status = Self.status(of: object, settings.authority, at: now())
            else { return .done }
            _ = try await client.updateStatus(.certificateSigningRequests, of: object, to: status)
            return .done
        }
    }

    /// The status with the certificate, or with the reason why there will be none; nil if there is nothing to do.
    static func status(of object: Value, _ authority: CertificateAuthority, at now: Timestamp) -> Value? {
        let types = Set(object.items("status", "conditions").map { $0.text("type") })
        guard types.contains("Approved"), !types.contains("Denied"), !types.contains("Failed"),
            (object["status"]?.text("certificate") ?? "").isEmpty,
            let signer = CertificateSigner(rawValue: object["spec"]?.text("signerName") ?? "")
        else { return nil }
        var status = object["status"] ?? [:]
        do throws(IdentityError) {
            let bytes = Base64.decode(object["spec"]?.text("request") ?? "")
            let request = try CertificateRequest(pem: String(decoding: bytes, as: UTF8.self))
            let names = object.items("spec", "usages").compactMap(\.string)
            if let fault = signer.fault(of: request, usages: names) { throw IdentityError(fault) }
            let pem = try authority.sign(
                request, usages: try CertificateUsages(names),
                lifetime: CertificateSigner.lifetime(requested: object.at("spec", "expirationSeconds")?.int), at: now)
            status["certificate"] = .string(Base64.encode(Array(pem.utf8)[...]))
        } catch {
            status["conditions"] = .array(
                object.items("status", "conditions") + [
                    [
                        "type": "Failed", "status": "True", "reason": "SignerValidationFailure",
                        "message": .string(error.description), "lastUpdateTime": .string(now.rfc3339),
                    ]
                ])
        }
        return status
    }
}
