package import FairleadClient
import FairleadModel

/// Copies into aggregated ClusterRoles the rules of the roles that they select.
package enum RoleAggregationController {
    private static let aggregated = "aggregated"

    package static let descriptor = ControllerDescriptor(
        "clusterrole-aggregation-controller", alias: "clusterrole-aggregation", workers: 1
    ) { (setup: ControllerSetup<String>, _: Void) in
        let roles = setup.watch(.clusterRoles)
        let lister = roles.lister
        // Few roles are aggregated, but each change of a role may concern all of them.
        roles.addIndex(aggregated) { $0.value["aggregationRule"] == nil ? [] : [aggregated] }
        setup.map(roles) { change in
            lister.indexed(aggregated, aggregated).filter { role in
                role.key.name == change.name.name
                    || [change.old, change.new].contains { changed in
                        changed.map { RoleAggregation.selects($0.value, role.value) } ?? false
                    }
            }.map(\.key.name)
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
    static func selects(_ role: Value, _ aggregated: Value) -> Bool {
        selectors(of: aggregated).contains { $0.matches(role.labels) }
    }

    private static func selectors(of role: Value) -> [LabelSelector] {
        (role["aggregationRule"] ?? .null).items("clusterRoleSelectors").compactMap {
            // Validation rejects selectors that cannot be parsed.
            try? LabelSelector(labelSelector: $0)
        }
    }

    /// The distinct rules of all roles that a selector matches, ordered by selector, then by role name; nil if the role
    /// is not aggregated.
    static func rules(of role: Value, among roles: [Value]) -> [Value]? {
        if role["aggregationRule"] == nil { return nil }
        let selectors = selectors(of: role)
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
