package import FairleadModel

/// Nobody may grant rights that they do not have: whoever writes a role must hold what it allows, or have the verb
/// `escalate` on it; whoever binds one must hold what it allows, or have the verb `bind` on it.
///
/// Reference: Kubernetes documentation, "Using RBAC Authorization", "Privilege escalation prevention and
/// bootstrapping".
package struct EscalationCheck: WriteGuard {
    private let access: AccessControl

    package init(_ access: AccessControl) { self.access = access }

    package func check(_ attempt: WriteAttempt) throws(APIStatus) {
        guard attempt.resource.group == RoleResources.group, attempt.operation != .delete,
            let object = attempt.object, !AccessControl.isMaster(attempt.user)
        else { return }
        if let old = attempt.old, Self.changesOnlyOwnership(object, old) { return }
        switch attempt.resource {
        case RoleResources.roles, RoleResources.clusterRoles: try checkRole(attempt, object)
        case RoleResources.roleBindings, RoleResources.clusterRoleBindings: try checkBinding(attempt, object)
        default: break
        }
    }

    private func checkRole(_ attempt: WriteAttempt, _ role: Value) throws(APIStatus) {
        let escalating = AccessAttributes(
            user: attempt.user, verb: "escalate",
            AccessAttributes.Resource(
                group: attempt.resource.group, resource: attempt.resource.resource, namespace: attempt.namespace,
                name: attempt.pathName))
        if access.allows(escalating) { return }
        try confirm(PolicyRule.all(of: role), attempt)
        // An aggregated role gathers whatever matches its selectors, now and later.
        let isAggregated = role["aggregationRule"] != nil || attempt.old?["aggregationRule"] != nil
        if attempt.resource == RoleResources.clusterRoles, isAggregated, !holdsEverything(attempt) {
            throw attempt.forbidden("must have cluster-admin privileges to use the aggregationRule")
        }
    }

    private func checkBinding(_ attempt: WriteAttempt, _ binding: Value) throws(APIStatus) {
        let reference = binding["roleRef"] ?? .null
        let name = reference.text("name")
        let role: ObjectKey
        switch reference.text("kind") {
        case "ClusterRole": role = ObjectKey(RoleResources.clusterRoles, namespace: "", name: name)
        case "Role": role = ObjectKey(RoleResources.roles, namespace: attempt.namespace, name: name)
        case let other: throw .internalError("unsupported role reference kind: \(other.goQuoted)")
        }
        let binding = AccessAttributes(
            user: attempt.user, verb: "bind",
            AccessAttributes.Resource(
                group: reference.text("apiGroup"), resource: role.resource.resource, namespace: attempt.namespace,
                name: name))
        if access.allows(binding) { return }
        guard let rules = access.roles.rules(of: role) else { throw .notFound(attempt.resource, name: name) }
        try confirm(rules, attempt)
    }

    private func holdsEverything(_ attempt: WriteAttempt) -> Bool {
        let held = access.roles.rules(for: attempt.user, in: attempt.namespace).rules
        let everything = [
            PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], urls: ["*"]),
        ]
        return everything.allSatisfy { rule in held.contains { $0.covers(rule) } }
    }

    /// - Throws: 403 that lists what the user does not hold.
    private func confirm(_ wanted: [PolicyRule], _ attempt: WriteAttempt) throws(APIStatus) {
        let user = attempt.user
        let held = access.roles.rules(for: user, in: attempt.namespace)
        let missing: [PolicyRule]
        do throws(RuleCoverage.TooManyParts) {
            missing = try RuleCoverage.missing(from: held.rules, of: wanted)
        } catch {
            throw attempt.forbidden("the role has too many combinations of verbs and objects to be compared")
        }
        if missing.isEmpty { return }
        var why =
            "user \(user.name.goQuoted) (groups=\(user.groups.goQuotedList)) is attempting to grant RBAC permissions "
            + "not currently held:\n" + RuleCoverage.descriptions(of: missing).joined(separator: "\n")
        if let problem = held.problem { why += "; resolution errors: [\(problem)]" }
        throw attempt.forbidden(why)
    }

    /// Whether an update touches nothing but what the garbage collector needs, or nothing at all.
    private static func changesOnlyOwnership(_ object: Value, _ old: Value) -> Bool {
        var copy = object
        for field in ["ownerReferences", "finalizers", "managedFields", "selfLink", "resourceVersion", "generation"] {
            copy.set(old.at("metadata", field), at: "metadata", field)
        }
        // Not what clients may set.
        for field in ["uid", "creationTimestamp"] where object.at("metadata", field) == nil {
            copy.set(old.at("metadata", field), at: "metadata", field)
        }
        return copy == old
    }
}
