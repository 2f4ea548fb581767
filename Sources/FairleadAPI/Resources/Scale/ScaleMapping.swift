package import FairleadModel

/// The subresource `scale` of Deployments, ReplicaSets, StatefulSets and ReplicationControllers: a view of their
/// replica counts as an object of its own.
///
/// Reference: Kubernetes API reference, "Scale" (autoscaling/v1).
package enum ScaleMapping {
    /// The Scale of an object. Its metadata are those of the object as far as they identify it.
    package static func scale(from object: Value) -> Value {
        var meta = Object()
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            meta[field] = object.at("metadata", field)
        }
        var spec = Object()
        let replicas = object.at("spec", "replicas")?.int ?? 0
        if replicas != 0 { spec["replicas"] = .int(replicas) }
        var status: Object = ["replicas": .int(object.at("status", "replicas")?.int ?? 0)]
        let selector = selectorText(object.at("spec", "selector"))
        if !selector.isEmpty { status["selector"] = .string(selector) }
        return .object([
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(meta), "spec": .object(spec),
            "status": .object(status),
        ])
    }

    /// The object with the replicas of the Scale; nothing else changes.
    package static func apply(_ scale: Value, to object: Value) -> Value {
        var result = object
        result.set(.int(scale.at("spec", "replicas")?.int ?? 0), at: "spec", "replicas")
        return result
    }

    /// Field errors of a Scale that was sent (kind `Scale` of group `autoscaling`).
    package static func errors(of scale: Value) -> [FieldError] {
        FieldChecks.nonNegative(scale.at("spec", "replicas"), FieldPath("spec", "replicas"))
    }

    private static func selectorText(_ selector: Value?) -> String {
        guard let selector, case .object(let members) = selector else { return "" }
        let isLabelSelector = members.keys.allSatisfy { $0 == "matchLabels" || $0 == "matchExpressions" }
        if isLabelSelector { return (try? LabelSelector(labelSelector: selector))?.description ?? "" }
        return LabelSelector(matchLabels: selector.stringMap).description
    }
}
