package import FairleadModel

/// The four resources of RBAC.
package enum RoleResources {
    package static let group = "rbac.authorization.k8s.io"
    package static let roles = GroupResource(group: group, resource: "roles")
    package static let clusterRoles = GroupResource(group: group, resource: "clusterroles")
    package static let roleBindings = GroupResource(group: group, resource: "rolebindings")
    package static let clusterRoleBindings = GroupResource(group: group, resource: "clusterrolebindings")
    package static let all = [clusterRoles, roles, clusterRoleBindings, roleBindings]
}

/// Users and groups, as bindings name them. Service accounts are users.
struct RoleSubject: Hashable, Sendable {
    var isGroup: Bool
    var name: ByteText

    static func user(_ name: String) -> RoleSubject { RoleSubject(isGroup: false, name: ByteText(name)) }
    static func group(_ name: String) -> RoleSubject { RoleSubject(isGroup: true, name: ByteText(name)) }
}

/// A RoleBinding or ClusterRoleBinding, as decisions read it.
struct RoleGrant: Sendable {
    /// One entry of its subjects, in the words of reasons.
    struct Subject: Sendable {
        var subject: RoleSubject
        var kind: String
        var name: String
    }

    let key: ObjectKey
    let role: ObjectKey
    let subjects: [Subject]

    /// nil for a binding that grants nothing to anybody.
    init?(_ key: ObjectKey, _ binding: Value) {
        let reference = binding["roleRef"] ?? .null
        let name = reference.text("name")
        switch reference.text("kind") {
        case "ClusterRole": role = ObjectKey(RoleResources.clusterRoles, namespace: "", name: name)
        case "Role" where !key.namespace.isEmpty:
            role = ObjectKey(RoleResources.roles, namespace: key.namespace, name: name)
        default: return nil
        }
        self.key = key
        subjects = binding.items("subjects").compactMap { entry in
            let name = entry.text("name")
            switch entry.text("kind") {
            case "User": return Subject(subject: .user(name), kind: "User", name: name)
            case "Group": return Subject(subject: .group(name), kind: "Group", name: name)
            case "ServiceAccount":
                // In a RoleBinding, one without a namespace is of the binding's own.
                let own = entry.text("namespace")
                let namespace = own.isEmpty ? key.namespace : own
                if namespace.isEmpty { return nil }
                return Subject(
                    subject: .user("system:serviceaccount:\(namespace):\(name)"), kind: "ServiceAccount",
                    name: "\(name)/\(namespace)")
            default: return nil
            }
        }
    }

    /// The first entry that names the user or one of its groups.
    func subject(for user: UserInfo) -> Subject? {
        subjects.first { entry in
            entry.subject.isGroup
                ? user.groups.has(entry.subject.name.text) : entry.subject.name.text.isSameBytes(as: user.name)
        }
    }

    /// `RoleBinding "r/ns" of Role "r" to User "bob"`, as reasons name it.
    func description(for subject: Subject) -> String {
        let isNamespaced = !key.namespace.isEmpty
        let binding = isNamespaced ? "\(key.name)/\(key.namespace)" : key.name
        return
            "\(isNamespaced ? "RoleBinding" : "ClusterRoleBinding") \(binding.goQuoted) of "
            + "\(Self.kind(of: role)) \(role.name.goQuoted) to \(subject.kind) \(subject.name.goQuoted)"
    }

    static func kind(of role: ObjectKey) -> String { role.namespace.isEmpty ? "ClusterRole" : "Role" }

    /// What is wrong if the role does not exist.
    static func missing(_ role: ObjectKey) -> String {
        "\(kind(of: role).lowercased()).\(RoleResources.group) \(role.name.goQuoted) not found"
    }
}
