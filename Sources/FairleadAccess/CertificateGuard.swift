package import FairleadAPI
package import FairleadAuthorization
package import FairleadKinds
package import FairleadModel
package import FairleadStorage

/// Who may approve and sign CertificateSigningRequests: a right on the signer, or on all signers of its domain.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/certificates`.
package struct CertificateGuard: DynamicAdmission {
    private let access: AccessControl
    private let checksApproval: Bool
    private let checksSigning: Bool

    /// - Parameters:
    ///   - checksApproval: whether the plugin CertificateApproval is on.
    ///   - checksSigning: whether CertificateSigning is.
    package init(_ access: AccessControl, checksApproval: Bool = true, checksSigning: Bool = true) {
        self.access = access
        self.checksApproval = checksApproval
        self.checksSigning = checksSigning
    }

    package func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        operation == .update && subresource != nil
            && kind.groupResource == GroupVersionResource.certificateSigningRequests.groupResource
    }

    package func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? { attributes.object }

    package func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        guard !attributes.requester.isComponent, let object = attributes.object, let old = attributes.oldObject else {
            return
        }
        switch attributes.subresource {
        case "approval" where checksApproval: try check("approve", object, attributes)
        case "status" where checksSigning:
            let (new, before) = (object["status"] ?? [:], old["status"] ?? [:])
            if new["certificate"] == before["certificate"], new["conditions"] == before["conditions"] { return }
            try check("sign", old, attributes)
        default: return
        }
    }

    private func check(
        _ verb: String, _ request: Value, _ attributes: AdmissionAttributes
    ) throws(APIStatus) {
        let signer = request["spec"]?.text("signerName") ?? ""
        let domain = signer.split(separator: "/", omittingEmptySubsequences: false).first ?? ""
        for name in [signer, "\(domain)/*"] {
            let wanted = AccessAttributes(
                user: attributes.user, verb: verb,
                .init(group: "certificates.k8s.io", resource: "signers", name: name))
            if access.allows(wanted) { return }
        }
        throw .forbidden(
            attributes.kind.groupResource, name: attributes.name,
            "user not permitted to \(verb) requests with signerName \(signer.goQuoted)")
    }
}
