/// On which nodes a pod may run, as far as their labels and names decide it: `spec.nodeSelector` and the required node
/// affinity.
///
/// Reference: "Assigning Pods to Nodes"; Kubernetes API reference, NodeSelector. Terms are alternatives, the
/// requirements in a term must all hold, and a term without requirements matches nothing.
package struct NodeAffinity: Sendable {
    private let nodeSelector: [String: String]
    /// nil if no affinity is required.
    private let terms: [Value]?

    package init(podSpec spec: Value) {
        nodeSelector = spec["nodeSelector"]?.stringMap ?? [:]
        terms =
            spec.at("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")?
            .array
    }

    /// A NodeSelector, such as that of a volume; null matches every node.
    package init(nodeSelector: Value?) {
        self.nodeSelector = [:]
        terms = nodeSelector?["nodeSelectorTerms"]?.array
    }

    /// A single term of the preferred node affinity.
    init(preferredTerm term: Value) {
        nodeSelector = [:]
        terms = [term]
    }

    /// Whether every node matches.
    package var allowsEveryNode: Bool { terms == nil && nodeSelector.isEmpty }

    /// Whether a node with this name and these labels matches.
    package func matches(name: String, labels: [String: String]) -> Bool {
        guard nodeSelector.allSatisfy({ labels[$0.key] == $0.value }) else { return false }
        guard let terms else { return true }
        return terms.contains { term in
            let expressions = term.items("matchExpressions")
            let fields = term.items("matchFields")
            if expressions.isEmpty && fields.isEmpty { return false }
            return expressions.allSatisfy { Self.holds($0, labels[$0.text("key")]) }
                && fields.allSatisfy { $0.text("key") == "metadata.name" && Self.holds($0, name) }
        }
    }

    private static func holds(_ requirement: Value, _ actual: String?) -> Bool {
        let values = requirement.texts("values")
        switch requirement.text("operator") {
        case "In": return actual.map(values.contains) ?? false
        case "NotIn": return actual.map { !values.contains($0) } ?? true
        case "Exists": return actual != nil
        case "DoesNotExist": return actual == nil
        case "Gt": return compare(actual, values) { $0 > $1 }
        case "Lt": return compare(actual, values) { $0 < $1 }
        default: return false
        }
    }

    private static func compare(_ actual: String?, _ values: [String], _ holds: (Int64, Int64) -> Bool) -> Bool {
        guard let actual = actual.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
            return false
        }
        return holds(actual, bound)
    }
}
