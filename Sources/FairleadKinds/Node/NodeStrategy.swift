import FairleadKindRules
import FairleadModel

/// The rules of nodes. Reference: k8s.io/kubernetes `pkg/registry/core/node/strategy.go`, admission plugin
/// TaintNodesByCondition.
struct NodeStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        let single = spec.text("podCIDR")
        let first = spec.strings("podCIDRs").first ?? ""
        // Each is derived from the other; if they differ, the single one wins.
        if single.isEmpty {
            if !first.isEmpty { spec["podCIDR"] = .string(first) }
        } else if single != first {
            spec["podCIDRs"] = [.string(single)]
        }
        object["spec"] = spec
        object.change("status") { status in
            if status["allocatable"] == nil, let capacity = status["capacity"] { status["allocatable"] = capacity }
        }
    }

    private static let notReady: Value = ["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"]

    /// No pods are scheduled on a node until it has reported ready.
    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard old == nil, context.configuration.plugins.contains(.taintNodesByCondition) else { return }
        var taints = object.at("spec", "taints")?.array ?? []
        let isThere = taints.contains {
            $0["key"] == Self.notReady["key"] && $0["effect"] == Self.notReady["effect"]
        }
        if !isThere { taints.append(Self.notReady) }
        object.set(.array(taints), at: "spec", "taints")
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        return NodeValidation.taints(spec.items("taints")) + NodeValidation.quantities(object)
            + NodeValidation.podCIDRs(spec.strings("podCIDRs"))
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context) + NodeValidation.change(object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        NodeValidation.change(object, old: old)
    }

    let selectableFieldNames = ["spec.unschedulable"]
    func selectableFields(of object: Value) -> [String: String] {
        ["spec.unschedulable": String(object.at("spec", "unschedulable")?.bool ?? false)]
    }
}
