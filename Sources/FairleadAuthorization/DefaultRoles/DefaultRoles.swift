package import FairleadModel

/// The roles and bindings that every cluster has, as Kubernetes v1.36 makes them.
///
/// Their text, one role after the other: its name (after its namespace and a slash), then indented its labels, and its
/// rules: verbs, groups, resources and names, or verbs and paths. `core` is the group without a name.
package enum DefaultRoles {
    package struct Role: Sendable {
        /// "" for a ClusterRole.
        package var namespace = ""
        package var name: String
        package var rules: [PolicyRule] = []
        fileprivate var labels: [String] = []
        /// The labels of the roles whose rules it gathers.
        fileprivate var gathers: [String] = []
    }

    struct Binding: Sendable {
        /// "" for a ClusterRoleBinding.
        var namespace = ""
        var name: String
        var role: String
        var subjects: [Value]
    }

    package static let clusterRoles = gathered(parse(clusterText) + parse(controllerText))
    static let roles = parse(namespacedText)
    static let bindings = parse(bindings: bindingText) + controllerBindings

    /// Tells users that the server may add what is missing in the object when it starts.
    package static let autoUpdate = "rbac.authorization.kubernetes.io/autoupdate"

    private static let controllerPrefix = "system:controller:"
    private static let labelPrefix = "rbac.authorization.k8s.io/"

    /// All objects, with the resource each belongs to. Names are unique within a resource and namespace.
    package static var objects: [(key: ObjectKey, object: Value)] {
        clusterRoles.map { object(of: $0) } + roles.map { object(of: $0) } + bindings.map { object(of: $0) }
    }

    // MARK: - objects

    private static func object(of role: Role) -> (key: ObjectKey, object: Value) {
        let isNamespaced = !role.namespace.isEmpty
        var object = base(isNamespaced ? "Role" : "ClusterRole", role.namespace, role.name)
        for label in role.labels { object.set("true", at: "metadata", "labels", labelPrefix + label) }
        object["rules"] = .array(role.rules.map(\.value))
        if !role.gathers.isEmpty {
            let selectors = role.gathers.map { label -> Value in
                ["matchLabels": .object(Object([(labelPrefix + label, Value.string("true"))]))]
            }
            object["aggregationRule"] = ["clusterRoleSelectors": .array(selectors)]
        }
        let resource = isNamespaced ? RoleResources.roles : RoleResources.clusterRoles
        return (ObjectKey(resource, namespace: role.namespace, name: role.name), object)
    }

    private static func object(of binding: Binding) -> (key: ObjectKey, object: Value) {
        let isNamespaced = !binding.namespace.isEmpty
        var object = base(
            isNamespaced ? "RoleBinding" : "ClusterRoleBinding", binding.namespace, binding.name)
        object["roleRef"] = [
            "apiGroup": .string(RoleResources.group), "kind": isNamespaced ? "Role" : "ClusterRole",
            "name": .string(binding.role),
        ]
        if !binding.subjects.isEmpty { object["subjects"] = .array(binding.subjects) }
        let resource = isNamespaced ? RoleResources.roleBindings : RoleResources.clusterRoleBindings
        return (ObjectKey(resource, namespace: binding.namespace, name: binding.name), object)
    }

    private static func base(_ kind: String, _ namespace: String, _ name: String) -> Value {
        var object: Value = [
            "kind": .string(kind), "apiVersion": .string(RoleResources.group + "/v1"),
            "metadata": [
                "name": .string(name), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
                "annotations": .object(Object([(autoUpdate, Value.string("true"))])),
            ],
        ]
        if !namespace.isEmpty { object.set(.string(namespace), at: "metadata", "namespace") }
        return object
    }

    /// Every controller's role is bound to its service account.
    private static var controllerBindings: [Binding] {
        clusterRoles.filter { $0.name.hasPrefix(controllerPrefix) }.map { role in
            let account = String(role.name.dropFirst(controllerPrefix.count))
            let subject = subject("ServiceAccount kube-system/\(account)")
            return Binding(name: role.name, role: role.name, subjects: [subject])
        }
    }

    /// Aggregated roles with what they gather: their controller would find the same, but only after the start.
    private static func gathered(_ roles: [Role]) -> [Role] {
        let sorted = roles.sorted { $0.name < $1.name }
        // view is in edit, which is in admin.
        let order = ["view", "edit", "admin"]
        var result = Dictionary(uniqueKeysWithValues: sorted.map { ($0.name, $0) })
        for name in order {
            guard let role = result[name] else { continue }
            var rules: [PolicyRule] = []
            for label in role.gathers {
                for other in sorted where other.name != name && other.labels.contains(label) {
                    for rule in result[other.name]?.rules ?? [] where !rules.contains(rule) { rules.append(rule) }
                }
            }
            result[name]?.rules = rules
        }
        return sorted.compactMap { result[$0.name] }
    }

    // MARK: - text

    private static func parse(_ text: String) -> [Role] {
        var roles: [Role] = []
        for line in text.split(separator: "\n") {
            guard line.hasPrefix("  ") else {
                let (namespace, name) = scoped(line)
                roles.append(Role(namespace: namespace, name: name))
                continue
            }
            let words = line.dropFirst(2)
            let last = roles.count - 1
            if words.hasPrefix("label ") {
                roles[last].labels.append(String(words.dropFirst(6)))
            } else if words.hasPrefix("gathers ") {
                roles[last].gathers.append(String(words.dropFirst(8)))
            } else {
                roles[last].rules.append(rule(words))
            }
        }
        return roles
    }

    private static func rule(_ line: Substring) -> PolicyRule {
        let columns = cells(line).map(list)
        if columns.count == 2 { return PolicyRule(verbs: columns[0], urls: columns[1]) }
        return PolicyRule(
            verbs: columns[0], groups: columns[1].map { $0 == "core" ? "" : $0 }, resources: columns[2],
            names: columns.count > 3 ? columns[3] : [])
    }

    private static func parse(bindings text: String) -> [Binding] {
        text.split(separator: "\n").map { line in
            let columns = cells(line)
            let (namespace, name) = scoped(columns[0])
            let subjects = columns.count > 2 ? list(columns[2]).map(subject) : []
            return Binding(namespace: namespace, name: name, role: String(columns[1]), subjects: subjects)
        }
    }

    /// `Group system:masters`, `ServiceAccount kube-system/kube-dns`
    private static func subject(_ text: String) -> Value {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words[0] == "ServiceAccount" else {
            return [
                "kind": .string(String(words[0])), "apiGroup": .string(RoleResources.group),
                "name": .string(String(words[1])),
            ]
        }
        let (namespace, name) = scoped(words[1])
        return ["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)]
    }

    private static func scoped(_ text: Substring) -> (namespace: String, name: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : ("", String(text))
    }

    private static func cells(_ line: Substring) -> [Substring] {
        var cells: [Substring] = []
        var rest = line
        while let bar = rest.firstRange(of: " |") {
            cells.append(rest[..<bar.lowerBound])
            rest = rest[bar.upperBound...].drop { $0 == " " }
        }
        cells.append(rest)
        return cells.filter { !$0.isEmpty }
    }

    private static func list(_ cell: Substring) -> [String] {
        cell.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }
}
