import FairleadRules
import FairleadModel

/// How the node affinity of a PersistentVolume may change: only deprecated labels may be replaced by their successors.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/validation` (validatePvNodeAffinity).
enum VolumeAffinityUpdate {
    private static let successors: [String: String] = [
        "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
        "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
        "beta.kubernetes.io/os": "kubernetes.io/os",
        "beta.kubernetes.io/arch": "kubernetes.io/arch",
    ]

    static func errors(_ new: Value?, old: Value) -> [FieldError] {
        guard new != old, !isRenaming(new ?? .null, of: old) else { return [] }
        let printed = new.map { InternalForm.text(of: $0, as: "VolumeNodeAffinity") } ?? "null"
        return [.invalid(FieldPath("nodeAffinity"), printed: printed, FieldChecks.immutable)]
    }

    private static func isRenaming(_ new: Value, of old: Value) -> Bool {
        let terms = new.items("required", "nodeSelectorTerms")
        let former = old.items("required", "nodeSelectorTerms")
        guard terms.count == former.count else { return false }
        return zip(terms, former).allSatisfy { term, before in
            let expressions = term.items("matchExpressions")
            let formerExpressions = before.items("matchExpressions")
            guard term["matchFields"] == before["matchFields"], expressions.count == formerExpressions.count else {
                return false
            }
            return zip(expressions, formerExpressions).allSatisfy { expression, before in
                if expression == before { return true }
                var renamed = before
                guard let name = successors[before.text("key")] else { return false }
                renamed["key"] = .string(name)
                return renamed == expression
            }
        }
    }
}
