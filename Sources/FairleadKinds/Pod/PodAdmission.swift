import FairleadModel
import FairleadStorage

/// Pod admission: the plugins LimitRanger, ServiceAccount, Priority, DefaultTolerationSeconds, RuntimeClass and
/// PodTopologyLabels before validation, and LimitRanger, RuntimeClass and NodeDeclaredFeatures after it.
enum PodAdmission {
    static func admit(_ pod: inout Value, _ context: StrategyContext) throws(APIStatus) {
        LimitRanger.fill(&pod, from: LimitRanger.ranges(in: pod.namespace, context))
        let plugins = context.configuration.plugins
        var spec = pod["spec"] ?? .object(Object())
        if plugins.contains(.serviceAccount) {
            try ServiceAccountAdmission.admit(&spec, of: pod, context) { forbidden(pod, $0) }
        }
        if plugins.contains(.priority) { try PriorityAdmission.admit(&spec, context) { forbidden(pod, $0) } }
        if plugins.contains(.defaultTolerationSeconds) { addDefaultTolerations(&spec) }
        if plugins.contains(.runtimeClass) {
            try RuntimeClassAdmission.admit(&spec, context) { forbidden(pod, $0) }
        }
        pod["spec"] = spec
        if plugins.contains(.podTopologyLabels) {
            PodTopologyLabels.copy(from: spec.text("nodeName"), to: &pod, context.snapshot)
        }
    }

    /// An update need not repeat what admission computed at creation.
    static func admitUpdate(_ pod: inout Value, old: Value, _ context: StrategyContext) {
        let plugins = context.configuration.plugins
        for field in ["priority", "preemptionPolicy"]
        where plugins.contains(.priority) && pod.at("spec", field) == nil {
            pod.set(old.at("spec", field), at: "spec", field)
        }
        if plugins.contains(.defaultTolerationSeconds) { pod.change("spec", addDefaultTolerations) }
    }

    /// Checks after validation: the bounds of LimitRanges, and the node on which a resize takes place.
    static func validate(_ pod: Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard old == nil || context.subresource == "resize" else { return }
        if pod.deletionTimestamp == nil,
            let reason = LimitRanger.refusal(of: pod, by: LimitRanger.ranges(in: pod.namespace, context))
        {
            throw forbidden(pod, reason)
        }
        guard let old else {
            guard context.configuration.plugins.contains(.runtimeClass) else { return }
            return try RuntimeClassAdmission.validate(pod["spec"] ?? .null, context) { forbidden(pod, $0) }
        }
        if pod["spec"] == old["spec"] || !context.configuration.plugins.contains(.nodeDeclaredFeatureValidator) {
            return
        }
        let node = pod.at("spec", "nodeName")?.string ?? ""
        if node.isEmpty { return }
        let key = ObjectKey(GroupVersionResource.nodes.groupResource, namespace: "", name: node)
        if context.snapshot.object(key) == nil { throw forbidden(pod, "node \(node.goQuoted) not found") }
    }

    // MARK: DefaultTolerationSeconds

    private static func addDefaultTolerations(_ spec: inout Value) {
        var tolerations = spec.items("tolerations")
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated = tolerations.contains { toleration in
                [key, ""].contains(toleration.text("key")) && ["NoExecute", ""].contains(toleration.text("effect"))
            }
            if isTolerated { continue }
            tolerations.append([
                "effect": "NoExecute", "key": .string(key), "operator": "Exists", "tolerationSeconds": 300,
            ])
        }
        if !tolerations.isEmpty { spec["tolerations"] = .array(tolerations) }
    }

    /// Most of admission runs before a name is generated, so the prefix is used instead.
    private static func forbidden(_ pod: Value, _ why: String) -> APIStatus {
        let name = pod.name.isEmpty ? pod.generateName : pod.name
        return .forbidden(
            GroupVersionResource.pods.groupResource, name: name.isEmpty ? "Unknown" : name, why)
    }
}
