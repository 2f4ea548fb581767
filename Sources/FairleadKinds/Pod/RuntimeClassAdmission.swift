import FairleadModel
import FairleadStorage

/// The admission plugin RuntimeClass: a pod gets its class's overhead and scheduling constraints.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/runtimeclass`.
enum RuntimeClassAdmission {
    private static let resource = GroupResource(group: "node.k8s.io", resource: "runtimeclasses")

    /// The class of a pod; nil for a pod without one.
    private static func runtimeClass(
        of spec: Value, _ context: StrategyContext, _ refusal: (String) -> APIStatus
    ) throws(APIStatus) -> Value? {
        guard let name = spec["runtimeClassName"]?.string else { return nil }
        let key = ObjectKey(resource, namespace: "", name: name)
        guard let found = context.snapshot.object(key)?.value else {
            throw refusal("pod rejected: RuntimeClass \(name.goQuoted) not found")
        }
        return found
    }

    static func admit(
        _ spec: inout Value, _ context: StrategyContext, _ refusal: (String) -> APIStatus
    ) throws(APIStatus) {
        guard let runtimeClass = try runtimeClass(of: spec, context, refusal) else { return }
        if let overhead = runtimeClass["overhead"] {
            let fixed = overhead["podFixed"]
            if let own = spec["overhead"], !isSame(own, fixed) { throw refusal(mismatch) }
            spec["overhead"] = fixed
        }
        guard let scheduling = runtimeClass["scheduling"] else { return }
        for member in scheduling.entries("nodeSelector") {
            let key = member.key
            if let own = spec.at("nodeSelector", key), own != member.value {
                throw refusal(
                    "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(member.value.string ?? ""); "
                        + "pod.spec.nodeSelector[\(key)] = \(own.string ?? "")")
            }
            spec.set(member.value, at: "nodeSelector", key)
        }
        let tolerations = TolerationMerge.merged(spec.items("tolerations") + scheduling.items("tolerations"))
        if !tolerations.isEmpty { spec["tolerations"] = .array(tolerations) }
    }

    /// Checks made once the pod is known to be valid.
    static func validate(
        _ spec: Value, _ context: StrategyContext, _ refusal: (String) -> APIStatus
    ) throws(APIStatus) {
        let runtimeClass = try runtimeClass(of: spec, context, refusal)
        let own = spec["overhead"]
        if let overhead = runtimeClass?["overhead"] {
            guard let own, isSame(own, overhead["podFixed"]) else { throw refusal(mismatch) }
        } else if own?.object?.isEmpty == false {
            throw refusal("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
    }

    private static let mismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

    private static func isSame(_ own: Value, _ fixed: Value?) -> Bool { ResourceAmounts(own) == ResourceAmounts(fixed) }
}

/// Removes tolerations that another one covers.
///
/// Reference: MergeTolerations of k8s.io/kubernetes `pkg/util/tolerations`.
enum TolerationMerge {
    static func merged(_ all: [Value]) -> [Value] {
        var merged: [Value] = []
        for (index, toleration) in all.enumerated() {
            let isCovered =
                merged.contains { covers($0, toleration) }
                || all[(index + 1)...].contains { $0 != toleration && covers($0, toleration) }
            if !isCovered { merged.append(toleration) }
        }
        return merged
    }

    private static func covers(_ wide: Value, _ narrow: Value) -> Bool {
        if wide == narrow { return true }
        let operation = wide.text("operator")
        if narrow.text("key") != wide.text("key"), !wide.text("key").isEmpty || operation != "Exists" { return false }
        let effect = wide.text("effect")
        if narrow.text("effect") != effect, !effect.isEmpty { return false }
        if effect == "NoExecute", let longest = wide["tolerationSeconds"]?.int {
            guard let seconds = narrow["tolerationSeconds"]?.int, seconds <= longest else { return false }
        }
        switch operation {
        case "", "Equal": return narrow.text("operator") == "Equal" && narrow.text("value") == wide.text("value")
        default: return operation == "Exists"
        }
    }
}
