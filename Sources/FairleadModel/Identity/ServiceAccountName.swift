/// The user that a ServiceAccount is: `system:serviceaccount:NAMESPACE:NAME`.
///
/// Reference: k8s.io/apiserver `pkg/authentication/serviceaccount`.
package struct ServiceAccountName: Sendable, Hashable {
    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// nil if the user is no ServiceAccount.
    package init?(user: String) {
        guard user.utf8.starts(with: Self.prefix.utf8) else { return nil }
        let rest = String(Substring(user.utf8.dropFirst(Self.prefix.utf8.count)))
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, NameRules.dns1123Label(parts[0]).isEmpty, NameRules.dns1123Subdomain(parts[1]).isEmpty
        else { return nil }
        self.init(namespace: parts[0], name: parts[1])
    }

    private static let prefix = "system:serviceaccount:"

    package var user: String { "\(Self.prefix)\(namespace):\(name)" }
    /// Besides those of everybody who is authenticated.
    package var groups: [String] { ["system:serviceaccounts", "system:serviceaccounts:\(namespace)"] }
}
