import FairleadModel

/// Warnings about pod placement: deprecated labels, selectors that select nothing.
enum PlacementWarnings {
    private static let deprecations = [
        "beta.kubernetes.io/arch": "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os": "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region":
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        "failure-domain.beta.kubernetes.io/zone":
            "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        "beta.kubernetes.io/instance-type":
            "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ]
    private static let nothing = "a null labelSelector results in matching no pod"
    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
    private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

    static func ofNodes(_ spec: Value, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for member in spec.entries("nodeSelector") {
            guard let message = deprecations[member.key] else { continue }
            warnings.append("\(path.child("nodeSelector").key(member.key)): \(message)")
        }
        let affinity = spec.at("affinity", "nodeAffinity") ?? .null
        let here = path.child("affinity", "nodeAffinity")
        for (index, term) in (affinity[required]?.items("nodeSelectorTerms") ?? []).enumerated() {
            warnings += self.term(
                term, checksValues: false, here.child(required, "nodeSelectorTerms").index(index))
        }
        // In preferred terms, values that no node can have are not errors, so they are warned about.
        for (index, term) in affinity.items(preferred).enumerated() {
            warnings += self.term(
                term["preference"] ?? .null, checksValues: true,
                here.child(preferred).index(index).child("preference"))
        }
        for (index, constraint) in spec.items("topologySpreadConstraints").enumerated() {
            let place = path.child("topologySpreadConstraints").index(index)
            let key = constraint.text("topologyKey")
            if let message = deprecations[key] {
                warnings.append("\(place.child("topologyKey")): \(key) is \(message)")
            }
            if constraint["labelSelector"] == nil { warnings.append("\(place.child("labelSelector")): \(nothing)") }
        }
        return warnings
    }

    private static func term(_ term: Value, checksValues: Bool, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for (index, expression) in term.items("matchExpressions").enumerated() {
            let here = path.child("matchExpressions").index(index)
            let key = expression.text("key")
            if let message = deprecations[key] { warnings.append("\(here.child("key")): \(key) is \(message)") }
            guard checksValues else { continue }
            for (position, value) in expression.strings("values").enumerated() {
                for message in NameRules.labelValue(value) {
                    warnings.append("\(here.child("values").index(position)): \(value) is invalid, \(message)")
                }
            }
        }
        return warnings
    }

    static func ofPods(_ affinity: Value?, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for name in ["podAffinity", "podAntiAffinity"] {
            guard let rules = affinity?[name] else { continue }
            for (index, term) in rules.items(required).enumerated() where term["labelSelector"] == nil {
                warnings.append("\(path.child(name, required).index(index).child("labelSelector")): \(nothing)")
            }
            for (index, term) in rules.items(preferred).enumerated()
            where term.at("podAffinityTerm", "labelSelector") == nil {
                let place = path.child(name, preferred).index(index).child("podAffinityTerm", "labelSelector")
                warnings.append("\(place): \(nothing)")
            }
        }
        return warnings
    }
}
