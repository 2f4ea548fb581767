import FairleadModel

/// What every namespace has from the beginning: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.
///
/// Reference: "Managing Service Accounts"; KEP-1205 (root CA ConfigMap).
struct ServiceAccountReconciler {
    static let accountName = "default"
    static let certificateName = "kube-root-ca.crt"
    private static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the"
        + " internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of"
        + " Kubernetes clusters."

    enum Action: Hashable {
        case createAccount(Value)
        case createCertificate(Value)
        case updateCertificate(Value)
    }

    /// PEM certificates that sign the API server's.
    let rootCertificates: String

    func plan(namespace: Value, account: Value?, certificate: Value?) -> [Action] {
        if namespace.deletionTimestamp != nil || namespace.text("status", "phase") == "Terminating" { return [] }
        var actions: [Action] = []
        if account == nil {
            actions.append(
                .createAccount([
                    "apiVersion": "v1", "kind": "ServiceAccount",
                    "metadata": ["name": .string(Self.accountName), "namespace": .string(namespace.name)],
                ]))
        }
        let data: Value = ["ca.crt": .string(rootCertificates)]
        guard var certificate else {
            actions.append(
                .createCertificate([
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": [
                        "name": .string(Self.certificateName), "namespace": .string(namespace.name),
                        "annotations": ["kubernetes.io/description": .string(Self.description)],
                    ],
                    "data": data,
                ]))
            return actions
        }
        if certificate["data"] != data {
            certificate["data"] = data
            certificate.annotations["kubernetes.io/description"] = Self.description
            actions.append(.updateCertificate(certificate))
        }
        return actions
    }
}
