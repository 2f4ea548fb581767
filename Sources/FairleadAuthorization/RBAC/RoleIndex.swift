package import FairleadModel
package import FairleadStorage

/// The authorizer RBAC: answers from tables that follow the commits of the store.
///
/// An answer takes about a microsecond and includes every commit that a client can have seen, so it may be given on an
/// event loop.
/// Reference: Kubernetes documentation, "Using RBAC Authorization".
package final class RoleIndex: Sendable {
    private let tables: FollowedTables<RoleTables>

    package init(_ store: Store) { tables = FollowedTables(store) }

    package func allows(_ wanted: AccessAttributes) -> Bool { tables.read { $0.allows(wanted) } }

    /// The decision with its reason: the binding that allows it, or the roles that bindings name but that do not exist.
    package func decide(_ wanted: AccessAttributes) -> AccessDecision {
        var problems: [String] = []
        for granted in granted(to: wanted.user, in: wanted.namespace) {
            guard let rules = granted.rules else {
                problems.append(RoleGrant.missing(granted.grant.role))
                continue
            }
            if rules.contains(where: { $0.allows(wanted) }) {
                let binding = granted.grant.description(for: granted.subject)
                return AccessDecision(isAllowed: true, reason: "RBAC: allowed by \(binding)")
            }
        }
        return AccessDecision(isAllowed: false, reason: problems.isEmpty ? "" : "RBAC: \(problems.aggregated)")
    }

    /// All rules that apply to the user in a namespace ("" for none).
    package func rules(for user: UserInfo, in namespace: String) -> AccessRules {
        var result = AccessRules()
        for granted in granted(to: user, in: namespace) {
            if let rules = granted.rules {
                result.rules += rules
            } else {
                result.problems.append(RoleGrant.missing(granted.grant.role))
            }
        }
        return result
    }

    func granted(to user: UserInfo, in namespace: String) -> [RoleTables.Granted] {
        tables.read { $0.granted(to: user, in: namespace) }
    }

    var allRoles: [(key: ObjectKey, rules: [PolicyRule])] { tables.read { $0.allRoles } }

    /// nil if the role does not exist.
    func rules(of role: ObjectKey) -> [PolicyRule]? { tables.read { $0.rules(of: role) } }
}
