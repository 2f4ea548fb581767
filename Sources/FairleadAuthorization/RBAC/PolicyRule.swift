package import FairleadModel

/// A rule of a role: verbs, and the objects or paths they may be used on.
///
/// Every comparison is bytewise: texts that Unicode considers equivalent are different names.
/// Reference: Kubernetes API reference, rbac.authorization.k8s.io/v1 PolicyRule; documentation, "Using RBAC
/// Authorization".
package struct PolicyRule: Sendable {
    package var verbs: [String]
    package var groups: [String]
    package var resources: [String]
    package var names: [String]
    package var urls: [String]

    package init(
        verbs: [String], groups: [String] = [], resources: [String] = [], names: [String] = [], urls: [String] = []
    ) {
        self.verbs = verbs
        self.groups = groups
        self.resources = resources
        self.names = names
        self.urls = urls
    }

    package init(_ rule: Value) {
        verbs = rule.texts("verbs")
        groups = rule.texts("apiGroups")
        resources = rule.texts("resources")
        names = rule.texts("resourceNames")
        urls = rule.texts("nonResourceURLs")
    }

    /// The rules of a role.
    package static func all(of role: Value) -> [PolicyRule] { role.items("rules").map { PolicyRule($0) } }

    /// The rule as an object, with the members that are not empty.
    package var value: Value {
        var object = Object()
        let members = [
            ("verbs", verbs), ("apiGroups", groups), ("resources", resources), ("resourceNames", names),
            ("nonResourceURLs", urls),
        ]
        for (name, list) in members where !list.isEmpty { object[name] = .array(list.map { .string($0) }) }
        return .object(object)
    }

    package func allows(_ wanted: AccessAttributes) -> Bool {
        guard verbs.holds(wanted.verb) else { return false }
        switch wanted.target {
        case .path(let path): return urls.contains { Self.url($0, covers: path) }
        case .resource(let resource):
            return groups.holds(resource.group) && covers(resource)
                && (names.isEmpty || names.contains { $0.isSameBytes(as: resource.name) })
        }
    }

    /// `pods`, `pods/log`, `*/log` and `*`. Nothing else is a pattern: `pods/*` matches no subresource.
    private func covers(_ wanted: AccessAttributes.Resource) -> Bool {
        let combined = wanted.combined
        return resources.contains { resource in
            if resource == "*" || resource.isSameBytes(as: combined) { return true }
            guard !wanted.subresource.isEmpty, resource.utf8.starts(with: "*/".utf8) else { return false }
            return resource.utf8.dropFirst(2).elementsEqual(wanted.subresource.utf8)
        }
    }

    /// A path, or the beginning of one followed by `*`.
    static func url(_ pattern: String, covers path: String) -> Bool {
        if pattern == "*" || pattern.isSameBytes(as: path) { return true }
        guard pattern.utf8.last == UInt8(ascii: "*") else { return false }
        var prefix = pattern.utf8[...]
        while prefix.last == UInt8(ascii: "*") { prefix = prefix.dropLast() }
        return path.utf8.starts(with: prefix)
    }
}

extension PolicyRule: Hashable {
    package static func == (left: PolicyRule, right: PolicyRule) -> Bool {
        left.verbs.isSameList(as: right.verbs) && left.groups.isSameList(as: right.groups)
            && left.resources.isSameList(as: right.resources) && left.names.isSameList(as: right.names)
            && left.urls.isSameList(as: right.urls)
    }

    package func hash(into hasher: inout Hasher) {
        for list in [verbs, groups, resources, names, urls] { hasher.combine(list) }
    }
}

extension [String] {
    func has(_ text: String) -> Bool { contains { $0.isSameBytes(as: text) } }
    /// Whether the text or the wildcard is in the list.
    func holds(_ text: String) -> Bool { contains { $0 == "*" || $0.isSameBytes(as: text) } }
    func hasAll(_ texts: [String]) -> Bool { texts.allSatisfy { has($0) } }

    func isSameList(as other: [String]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.isSameBytes(as: $1) }
    }
}
