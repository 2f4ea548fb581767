package import FairleadModel

/// Why somebody may do something: which rule of which role, through which binding. Or why not: the rules that come
/// nearest, and the roles that would allow it if they were bound.
package struct AccessExplanation: Sendable {
    /// A rule that a binding grants.
    struct Granted: Sendable {
        var binding: String
        var rule: PolicyRule
        /// What of the request it does not cover; empty if it allows it.
        var lacking: [String] = []
    }

    private static let mostNear = 3
    private static let mostRoles = 5

    let wanted: AccessAttributes
    let decision: AccessDecision
    var granted: Granted?
    var near: [Granted] = []
    /// Roles that would allow it, the smallest first.
    var roles: [String] = []

    package init(_ wanted: AccessAttributes, _ access: AccessControl) {
        self.wanted = wanted
        decision = access.decide(wanted)
        var others: [Granted] = []
        for grant in access.roles.granted(to: wanted.user, in: wanted.namespace) {
            let binding = grant.grant.description(for: grant.subject)
            for rule in grant.rules ?? [] {
                let found = Granted(binding: binding, rule: rule, lacking: rule.lacking(for: wanted))
                if found.lacking.isEmpty {
                    if granted == nil { granted = found }
                } else {
                    others.append(found)
                }
            }
        }
        if decision.isAllowed { return }
        // A rule that has nothing to do with the request explains nothing.
        near = Array(
            others.filter { $0.lacking.count == 1 || $0.rule.isAbout(wanted) }
                .sorted { $0.lacking.count < $1.lacking.count }.prefix(Self.mostNear))
        roles = access.roles.roles(allowing: wanted, atMost: Self.mostRoles)
    }

    package var text: String {
        var lines = [wanted.question, decision.isAllowed ? "Yes." : "No."]
        if !decision.reason.isEmpty { lines.append("  " + decision.reason) }
        if decision.isAllowed, decision.reason.isEmpty {
            let isMaster = wanted.user.groups.has(UserInfo.mastersGroup)
            lines.append(isMaster ? "  Members of system:masters may do everything." : "  The mode allows it.")
        }
        if let granted { lines += ["  Rule:  \(granted.rule.description)"] }
        if !near.isEmpty { lines += ["", "Nearest:"] }
        for entry in near {
            lines += ["  \(entry.binding)", "      \(entry.rule.description)"]
            lines += entry.lacking.map { "      but \($0)" }
        }
        if !roles.isEmpty { lines += ["", "Roles that would allow it, if they were bound to the user:"] }
        lines += roles.map { "  \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    package var json: Value {
        var object: Value = [
            "kind": "AccessExplanation", "apiVersion": "fairlead.dev/v1", "question": .string(wanted.question),
            "allowed": .bool(decision.isAllowed), "reason": .string(decision.reason),
            "near": .array(near.map(\.value)), "roles": .array(roles.map { .string($0) }),
        ]
        if let granted { object["grantedBy"] = granted.value }
        return object
    }
}

extension AccessExplanation.Granted {
    fileprivate var value: Value {
        [
            "binding": .string(binding), "rule": rule.value, "lacking": .array(lacking.map { .string($0) }),
        ]
    }
}

extension AccessAttributes {
    /// `May user bob (groups devs) get pods "a" in namespace ns?`
    fileprivate var question: String {
        let groups = user.groups.isEmpty ? "" : " (groups \(user.groups.joined(separator: ", ")))"
        let who = "May user \(user.name)\(groups) \(verb)"
        guard let resource else {
            if case .path(let path) = target { return "\(who) \(path)?" }
            return who
        }
        let group = resource.group.isEmpty ? "" : ".\(resource.group)"
        let name = resource.name.isEmpty ? "" : " \(resource.name.goQuoted)"
        let place = resource.namespace.isEmpty ? "in the whole cluster" : "in namespace \(resource.namespace)"
        return "\(who) \(resource.combined)\(group)\(name) \(place)?"
    }
}

extension PolicyRule {
    /// What of the request the rule does not cover, in words; empty if it allows it.
    fileprivate func lacking(for wanted: AccessAttributes) -> [String] {
        var lacking: [String] = []
        if !verbs.holds(wanted.verb) { lacking.append("not the verb \(wanted.verb)") }
        switch wanted.target {
        case .path(let path):
            if !urls.contains(where: { Self.url($0, covers: path) }) { lacking.append("not the path \(path)") }
        case .resource(let resource):
            if !groups.holds(resource.group) { lacking.append("not the group \(resource.group.goQuoted)") }
            var one = self
            one.verbs = ["*"]
            one.groups = ["*"]
            one.names = []
            if !one.allows(wanted) { lacking.append("not the resource \(resource.combined)") }
            if !names.isEmpty, !names.has(resource.name) {
                lacking.append(
                    resource.name.isEmpty ? "only of certain names" : "not the name \(resource.name.goQuoted)")
            }
        }
        return lacking
    }

    /// Whether the rule is about the same resource or path.
    fileprivate func isAbout(_ wanted: AccessAttributes) -> Bool {
        guard let resource = wanted.resource else { return false }
        return resources.contains { $0 == "*" || $0.split(separator: "/").first.map(String.init) == resource.resource }
    }
}

extension RoleIndex {
    /// Roles that allow it, those with the fewest rules first: ClusterRoles, and Roles of its namespace.
    fileprivate func roles(allowing wanted: AccessAttributes, atMost limit: Int) -> [String] {
        allRoles.filter { key, rules in
            (key.namespace.isEmpty || key.namespace == wanted.namespace) && rules.contains { $0.allows(wanted) }
        }.sorted { ($0.rules.count, $0.key.name) < ($1.rules.count, $1.key.name) }.prefix(limit).map { key, _ in
            "\(RoleGrant.kind(of: key)) \(key.name)"
        }
    }
}
