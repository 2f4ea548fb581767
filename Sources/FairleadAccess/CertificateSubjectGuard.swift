package import FairleadAPI
import FairleadIdentity
package import FairleadKinds
package import FairleadModel
package import FairleadStorage

/// The admission plugin CertificateSubjectRestriction: nobody gets a client certificate for the group of those who may
/// do everything by asking for it.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/certificates/subjectrestriction`.
package struct CertificateSubjectGuard: DynamicAdmission {
    private static let signer = "kubernetes.io/kube-apiserver-client"

    package init() {}

    package func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        operation == .create && subresource == nil
            && kind.groupResource == GroupVersionResource.certificateSigningRequests.groupResource
    }

    package func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? { attributes.object }

    package func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        guard let object = attributes.object, object.at("spec", "signerName")?.string == Self.signer else { return }
        let bytes = Base64.decode(object.at("spec", "request")?.string ?? "")
        // One that cannot be read has been refused before.
        guard let request = try? CertificateRequest(pem: String(decoding: bytes, as: UTF8.self)),
            request.subject.organizations.contains(UserInfo.mastersGroup)
        else { return }
        throw .forbidden(
            attributes.kind.groupResource, name: attributes.name,
            "use of \(Self.signer) signer with \(UserInfo.mastersGroup) group is not allowed")
    }
}
