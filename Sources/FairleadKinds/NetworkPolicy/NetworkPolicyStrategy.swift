import FairleadModel
import FairleadKindRules
import FairleadRules

/// The rules of NetworkPolicies.
struct NetworkPolicyStrategy: ResourceStrategy {
    let generationFields = ["spec"]

    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        if spec.items("policyTypes").isEmpty {
            spec["policyTypes"] = spec.items("egress").isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
        }
        for direction in ["ingress", "egress"] {
            spec.changeItems(direction) { rule in
                rule.changeItems("ports") { $0.setDefault("protocol", "TCP") }
            }
        }
        object["spec"] = spec
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        NetworkPolicyValidation(old: nil).errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        NetworkPolicyValidation(old: old).errors(for: object)
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        var texts: [String] = []
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in object.items("spec", direction).enumerated() {
                for (position, peer) in rule.items(peers).enumerated() {
                    guard let block = peer["ipBlock"] else { continue }
                    let path = FieldPath("spec", direction).index(index).child(peers).index(position).child("ipBlock")
                    texts += IPText.rangeWarnings(block.text("cidr"), path.child("cidr"))
                    for (number, text) in block.strings("except").enumerated() {
                        texts += IPText.rangeWarnings(text, path.child("except").index(number))
                    }
                }
            }
        }
        return texts
    }
}
