/// A ResourceQuota: what it limits, for which objects, and how much of it is used.
package struct Quota: Sendable {
    package let object: Value

    package init(_ object: Value) { self.object = object }

    /// The limits that the controller has recorded in the status: only these are enforced.
    package var hard: ResourceAmounts { ResourceAmounts(object.at("status", "hard")) }
    package var used: ResourceAmounts { ResourceAmounts(object.at("status", "used")) }
    package var wanted: ResourceAmounts { ResourceAmounts(object.at("spec", "hard")) }

    /// Whether the quota applies to `object`: it limits something that the resource can use, and all its scopes match.
    package func covers(_ object: Value, _ resource: GroupResource) -> Bool {
        if QuotaUsage.matching(hard.names, resource).isEmpty { return false }
        return allScopesHold(for: object, resource)
    }

    /// Scopes only match pods, never objects of other kinds.
    package func allScopesHold(for object: Value, _ resource: GroupResource) -> Bool {
        let scopes = scopes
        if scopes.isEmpty { return true }
        guard resource == GroupResource(group: "", resource: "pods") else { return false }
        return scopes.allSatisfy { $0.holds(for: object) }
    }

    /// Which amounts containers fail to specify although the quota limits them; nil if none.
    package func omission(in object: Value, _ resource: GroupResource) -> String? {
        guard resource == GroupResource(group: "", resource: "pods") else { return nil }
        return PodUsage.omission(in: object, hard.names)
    }

    private var scopes: [Scope] {
        let plain = (object.at("spec", "scopes")?.array ?? []).compactMap(\.string).map {
            Scope(name: $0, operation: "Exists", values: [])
        }
        let selected = object.at("spec", "scopeSelector", "matchExpressions")?.array ?? []
        return plain
            + selected.map {
                Scope(
                    name: $0["scopeName"]?.string ?? "", operation: $0["operator"]?.string ?? "",
                    values: Set(($0["values"]?.array ?? []).compactMap(\.string)))
            }
    }

    private struct Scope {
        let name: String
        let operation: String
        let values: Set<String>

        func holds(for pod: Value) -> Bool {
            let spec = pod["spec"] ?? .null
            switch name {
            case "Terminating": return spec["activeDeadlineSeconds"]?.int != nil
            case "NotTerminating": return spec["activeDeadlineSeconds"]?.int == nil
            case "BestEffort": return Self.isBestEffort(spec)
            case "NotBestEffort": return !Self.isBestEffort(spec)
            case "CrossNamespacePodAffinity": return Self.reachesOut(spec)
            case "PriorityClass":
                let given = spec["priorityClassName"]?.string ?? ""
                return switch operation {
                case "In": values.contains(given)
                case "NotIn": !values.contains(given)
                case "Exists": !given.isEmpty
                case "DoesNotExist": given.isEmpty
                default: false
                }
            default: return false
            }
        }

        /// Whether no container has requests or limits for cpu or memory.
        private static func isBestEffort(_ spec: Value) -> Bool {
            let parts = (spec["containers"]?.array ?? []) + (spec["initContainers"]?.array ?? []) + [spec]
            return parts.allSatisfy { part in
                ["requests", "limits"].allSatisfy { kind in
                    ResourceAmounts(part.at("resources", kind)).filter { name, amount in
                        ["cpu", "memory"].contains(name) && !amount.isZero
                    }.isEmpty
                }
            }
        }

        private static func reachesOut(_ spec: Value) -> Bool {
            ["podAffinity", "podAntiAffinity"].contains { kind in
                let affinity = spec.at("affinity", kind) ?? .null
                let required = affinity["requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
                let preferred = affinity["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
                return (required + preferred.compactMap { $0["podAffinityTerm"] }).contains {
                    !($0["namespaces"]?.array ?? []).isEmpty || $0["namespaceSelector"] != nil
                }
            }
        }
    }
}
