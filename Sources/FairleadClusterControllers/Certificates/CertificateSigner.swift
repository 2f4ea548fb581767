import FairleadIdentity
import FairleadModel

/// One of the signers of the domain kubernetes.io: which requests it signs.
///
/// Reference: "Certificates and Certificate Signing Requests", Kubernetes signers.
enum CertificateSigner: String, CaseIterable {
    case apiServerClient = "kubernetes.io/kube-apiserver-client"
    case kubeletClient = "kubernetes.io/kube-apiserver-client-kubelet"
    case kubeletServing = "kubernetes.io/kubelet-serving"
    case legacy = "kubernetes.io/legacy-unknown"

    /// Why it does not sign a request; nil if it does.
    func fault(of request: CertificateRequest, usages: [String]) -> String? {
        switch self {
        case .apiServerClient: Self.clientFault(usages)
        case .kubeletClient: Self.kubeletClientFault(request, Set(usages))
        case .kubeletServing: Self.kubeletServingFault(request, Set(usages))
        case .legacy: nil
        }
    }

    private static func clientFault(_ usages: [String]) -> String? {
        let allowed = ["digital signature", "key encipherment", "client auth"]
        if let odd = usages.first(where: { !allowed.contains($0) }) {
            return "invalid usage for client certificate: \(odd)"
        }
        return usages.contains("client auth") ? nil : "missing required usage for client certificate: client auth"
    }

    private static func kubeletClientFault(_ request: CertificateRequest, _ usages: Set<String>) -> String? {
        if request.subject.organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if !request.dnsNames.isEmpty { return "DNS subjectAltNames are not allowed" }
        if request.hasEmailAddresses { return "Email subjectAltNames are not allowed" }
        if request.hasAddresses { return "IP subjectAltNames are not allowed" }
        if request.hasURIs { return "URI subjectAltNames are not allowed" }
        return nodeFault(request) ?? usagesFault(usages, "client auth")
    }

    private static func kubeletServingFault(_ request: CertificateRequest, _ usages: Set<String>) -> String? {
        if request.subject.organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if request.dnsNames.isEmpty, !request.hasAddresses { return "DNS or IP subjectAltName is required" }
        if request.hasEmailAddresses { return "Email subjectAltNames are not allowed" }
        if request.hasURIs { return "URI subjectAltNames are not allowed" }
        return usagesFault(usages, "server auth") ?? nodeFault(request)
    }

    private static func nodeFault(_ request: CertificateRequest) -> String? {
        request.subject.commonName.hasPrefix("system:node:")
            ? nil : "subject common name does not begin with system:node:"
    }

    /// Keys that cannot encipher need not say that they do.
    private static func usagesFault(_ usages: Set<String>, _ purpose: String) -> String? {
        let required: Set<String> = ["digital signature", purpose]
        let all = required.union(["key encipherment"])
        if usages == required || usages == all { return nil }
        return "usages did not match [\(all.sorted().joined(separator: " "))]"
    }

    /// How long a certificate is valid, in seconds: as asked for, but between ten minutes and a year.
    static func lifetime(requested: Int64?) -> Double {
        guard let requested else { return longest }
        return min(max(Double(requested), 600), longest)
    }

    private static let longest: Double = 365 * 86_400
}
