import FairleadIdentity
import FairleadKindRules
import FairleadModel

/// The rules of certificate requests: the spec never changes, and each part of the status has its own subresource.
///
/// Reference: k8s.io/kubernetes `pkg/registry/certificates/certificates`.
struct CertificateSigningRequestStrategy: ResourceStrategy {
    /// Who asks is known to the server, whatever the client says.
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = [:]
        let user = context.user?.value
        for (field, member) in [("username", "username"), ("uid", "uid"), ("groups", "groups"), ("extra", "extra")] {
            object.set(user?[member], at: "spec", field)
        }
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        object["status"] = old["status"]
    }

    /// The decision is made through `approval`, the rest of the status through `status`.
    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        if context.subresource == "approval" {
            object.set(old.at("status", "certificate"), at: "status", "certificate")
        } else {
            keepDecisions(&object, old)
        }
        stampConditions(&object, old, at: .string(context.environment.now().rfc3339))
    }

    /// Decisions that are still there are as they were. Those that were added or removed are refused later.
    private func keepDecisions(_ object: inout Value, _ old: Value) {
        var conditions = object.items("status", "conditions")
        for type in [CertificateRequestValidation.approved, CertificateRequestValidation.denied] {
            let kept = old.items("status", "conditions").filter { $0.text("type") == type }
            let places = conditions.indices.filter { conditions[$0].text("type") == type }
            guard places.count >= kept.count else { continue }
            for (place, condition) in zip(places, kept) { conditions[place] = condition }
        }
        if !conditions.isEmpty { object.set(.array(conditions), at: "status", "conditions") }
    }

    private func stampConditions(_ object: inout Value, _ old: Value, at now: Value) {
        let before = old.items("status", "conditions")
        object.change("status") { status in
            status.changeItems("conditions") { condition in
                // Times that were not given are null.
                if condition.text("lastUpdateTime").isEmpty { condition["lastUpdateTime"] = now }
                guard condition.text("lastTransitionTime").isEmpty else { return }
                let same = before.last { $0["type"] == condition["type"] && $0["status"] == condition["status"] }
                condition["lastTransitionTime"] = same?["lastTransitionTime"] ?? now
            }
        }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        CertificateRequestValidation.errors(for: object, old: nil, Self.contents(of: object, old: nil))
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] { [] }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        CertificateRequestValidation.errors(for: object, old: old, Self.contents(of: object, old: old))
            + CertificateRequestValidation.changeErrors(
                for: object, old: old, context.subresource == "approval" ? .approval : .status)
    }

    /// - Parameter old: nil for a new object. A request that could be read once need not be read again.
    private static func contents(of object: Value, old: Value?) -> CertificateRequestValidation.Contents {
        var contents = CertificateRequestValidation.Contents(requestFault: nil, certificateFault: nil)
        if old == nil {
            do {
                if try !request(in: object).isSigned { contents.requestFault = "x509: signature verification failure" }
            } catch {
                contents.requestFault = error.description
            }
        }
        let certificate = object["status"]?.text("certificate") ?? ""
        if certificate != old?["status"]?.text("certificate") ?? "" {
            contents.certificateFault = CertificateText.fault(in: Base64.decode(certificate))
        }
        return contents
    }

    private static func request(in object: Value) throws(IdentityError) -> CertificateRequest {
        let bytes = Base64.decode(object["spec"]?.text("request") ?? "")
        return try CertificateRequest(pem: String(decoding: bytes, as: UTF8.self))
    }

    /// Nobody becomes an administrator by a certificate of this signer.
    func validateAdmission(_ object: Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        let signer = "kubernetes.io/kube-apiserver-client"
        guard old == nil, object["spec"]?.text("signerName") == signer else { return }
        let why: String
        do {
            let groups = try Self.request(in: object).subject.organizations
            guard groups.contains(UserInfo.mastersGroup) else { return }
            why = "use of \(signer) signer with \(UserInfo.mastersGroup) group is not allowed"
        } catch {
            why = "failed to parse CSR: \(error)"
        }
        throw .forbidden(
            GroupResource(group: "certificates.k8s.io", resource: "certificatesigningrequests"), name: object.name, why)
    }

    func selectableFields(of object: Value) -> [String: String] {
        ["spec.signerName": object.at("spec", "signerName")?.string ?? ""]
    }
    var selectableFieldNames: [String] { ["spec.signerName"] }

    /// `Approved,Issued` and the like, as shown in tables.
    static func state(of request: Value) -> String {
        let types = request.items("status", "conditions").map { $0.text("type") }
        var states: [String] = []
        if let decision = ["Denied", "Approved"].first(where: types.contains) { states.append(decision) }
        if types.contains("Failed") { states.append("Failed") }
        if states.isEmpty { states.append("Pending") }
        if !(request.at("status", "certificate")?.string ?? "").isEmpty { states.append("Issued") }
        return states.joined(separator: ",")
    }
}
