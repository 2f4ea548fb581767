package import FairleadModel

/// `matchLabelKeys` and `mismatchLabelKeys`: on creation the values of the pod's own labels are merged into the
/// selectors next to them.
///
/// Reference: mutatePodAffinity, mutateTopologySpreadConstraints of k8s.io/kubernetes
/// `pkg/registry/core/pod/strategy.go`.
package enum MatchLabelKeys {
    package static func merge(into pod: inout Value) {
        let labels = pod.labels
        pod.change("spec") { spec in
            spec.change("affinity") { affinity in
                for name in ["podAffinity", "podAntiAffinity"] {
                    affinity.change(name) { rules in
                        rules.changeItems("preferredDuringSchedulingIgnoredDuringExecution") { term in
                            term.change("podAffinityTerm") { merge(into: &$0, labels) }
                        }
                        rules.changeItems("requiredDuringSchedulingIgnoredDuringExecution") { merge(into: &$0, labels) }
                    }
                }
            }
            spec.changeItems("topologySpreadConstraints") { merge(into: &$0, labels) }
        }
    }

    private static func merge(into owner: inout Value, _ labels: [String: String]) {
        var added: [Value] = []
        for (field, comparison) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
            for key in owner.strings(field) {
                guard let value = labels[key] else { continue }
                added.append(["key": .string(key), "operator": .string(comparison), "values": [.string(value)]])
            }
        }
        // A missing selector selects nothing, so nothing can be merged into it.
        if added.isEmpty { return }
        owner.change("labelSelector") { $0["matchExpressions"] = .array($0.items("matchExpressions") + added) }
    }
}
