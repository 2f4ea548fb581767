import FairleadModel

/// A user that is a kubelet: `system:node:NAME` in the group `system:nodes`.
struct NodeIdentity: Sendable, Hashable {
    /// "" if the name of the user says nothing about the node.
    let node: String

    private static let prefix = "system:node:"

    /// nil if the user is no kubelet.
    init?(_ user: UserInfo) {
        guard user.name.utf8.starts(with: Self.prefix.utf8), user.groups.has("system:nodes") else { return nil }
        node = String(Substring(user.name.utf8.dropFirst(Self.prefix.utf8.count)))
    }
}
