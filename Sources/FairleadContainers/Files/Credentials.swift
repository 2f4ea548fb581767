/// Whose rights a process has.
package struct Credentials: Hashable, Sendable {
    package var user: UInt32
    package var group: UInt32
    /// Supplementary groups, in the order in which `id -G` shows them after the first.
    package var groups: [UInt32]

    package static let root = Credentials(user: 0, group: 0)

    package init(user: UInt32, group: UInt32, groups: [UInt32] = []) {
        self.user = user
        self.group = group
        self.groups = groups
    }

    package func isMember(of group: UInt32) -> Bool { self.group == group || groups.contains(group) }
}
