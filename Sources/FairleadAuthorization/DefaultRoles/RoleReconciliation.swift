package import FairleadModel

/// What a start adds to a default role or binding that exists: rules, subjects and labels that are missing. Nothing is
/// taken away, and objects whose annotation says "false" are left alone.
///
/// Reference: Kubernetes documentation, "Using RBAC Authorization", "Auto-reconciliation".
package enum RoleReconciliation {
    package enum Change: Sendable, Equatable {
        case update(Value)
        /// A binding of another role: what it refers to cannot be changed.
        case replace(Value)
    }

    /// - Returns: nil if nothing is missing.
    package static func change(of existing: Value, toward expected: Value) -> Change? {
        guard existing.annotations[DefaultRoles.autoUpdate] != "false" else { return nil }
        var object = existing
        for member in ["labels", "annotations"] {
            for (key, value) in expected.at("metadata", member)?.object ?? [:]
            where existing.at("metadata", member, key) == nil {
                object.set(value, at: "metadata", member, key)
            }
        }
        if let reference = expected["roleRef"] {
            if existing["roleRef"] != reference { return .replace(expected) }
            let present = existing.items("subjects")
            let missing = expected.items("subjects").filter { !present.contains($0) }
            if !missing.isEmpty { object["subjects"] = .array(present + missing) }
        } else {
            addRules(&object, expected)
        }
        return object == existing ? nil : .update(object)
    }

    private static func addRules(_ object: inout Value, _ expected: Value) {
        let selectors = object.items("aggregationRule", "clusterRoleSelectors")
        let missing = expected.items("aggregationRule", "clusterRoleSelectors").filter { !selectors.contains($0) }
        if !missing.isEmpty { object.set(.array(selectors + missing), at: "aggregationRule", "clusterRoleSelectors") }
        // The rules of an aggregated role are its controller's.
        if object["aggregationRule"] != nil || object["rules"] == expected["rules"] { return }
        do throws(RuleCoverage.TooManyParts) {
            let lacking = try RuleCoverage.missing(
                from: PolicyRule.all(of: object), of: PolicyRule.all(of: expected))
            if !lacking.isEmpty {
                object["rules"] = .array(object.items("rules") + lacking.map(\.value))
            }
        } catch {
            // No default role has so many.
        }
    }
}
