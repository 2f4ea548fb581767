package import FairleadClient
import FairleadModel

/// Copies into aggregated ClusterRoles the rules of the roles that they select.
package enum RoleAggregationController {
    package static let descriptor = ControllerDescriptor(
        "clusterrole-aggregation-controller", alias: "clusterrole-aggregation", workers: 1
    ) { (setup: ControllerSetup<String>, _: Void) in
        let roles = setup.watch(.clusterRoles)
        let lister = roles.lister
        setup.map(roles) { _ in
            lister.list().filter { $0.value["aggregationRule"] != nil }.map(\.key.name)
        }
        let client = setup.client
        return { name in
            let all = lister.list().map(\.value).sorted { $0.name < $1.name }
            guard let role = all.first(where: { $0.name == name }),
                let rules = RoleAggregation.rules(of: role, among: all), rules != role.items("rules")
            else { return .done }
            try await ignoringNotFound(
                await client.patch(
                    .clusterRoles, namespace: "", name: name,
                    [
                        "metadata": ["resourceVersion": .string(role.text("metadata", "resourceVersion"))],
                        "rules": .array(rules),
                    ]))
            return .done
        }
    }
}

/// The rules of an aggregated ClusterRole. Pure.
enum RoleAggregation {
    /// The distinct rules of all roles that a selector matches, ordered by selector, then by role name; nil if the role
    /// is not aggregated.
    static func rules(of role: Value, among roles: [Value]) -> [Value]? {
        guard let aggregation = role["aggregationRule"] else { return nil }
        // Validation rejects selectors that cannot be parsed.
        let selectors = aggregation.items("clusterRoleSelectors").compactMap { try? LabelSelector(labelSelector: $0) }
        var rules: [Value] = []
        var seen: Set<Value> = []
        for selector in selectors {
            for other in roles where other.name != role.name && selector.matches(other.labels) {
                for rule in other.items("rules") where seen.insert(rule).inserted { rules.append(rule) }
            }
        }
        return rules
    }
}
