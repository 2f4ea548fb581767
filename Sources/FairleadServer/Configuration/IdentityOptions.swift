/// Whom a server trusts, and with which keys it signs: flags that kube-apiserver has, too.
package struct IdentityOptions: Sendable {
    /// A file with users and their tokens (`--token-auth-file`).
    package var tokenFile: String?
    /// Who issues tokens of ServiceAccounts; the first one is named in new tokens. Empty for the usual one.
    package var issuers: [String] = []
    /// Keys whose tokens are valid, besides those that sign.
    package var keyFiles: [String] = []
    /// The key that signs tokens, instead of one of our own.
    package var signingKeyFile: String?
    /// Who the API server is, in tokens; the first issuer, if empty.
    package var audiences: [String] = []

    package init() {}

    /// The issuers, following the cluster's domain as with kubeadm.
    func issuers(clusterDomain: String) -> [String] {
        issuers.isEmpty ? ["https://kubernetes.default.svc.\(clusterDomain)"] : issuers
    }
}
