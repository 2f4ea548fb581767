package import FairleadModel

/// The `binding` subresource: assigns a pod to a node.
///
/// Reference: BindingREST of k8s.io/kubernetes `pkg/registry/core/pod/storage/storage.go`.
package enum PodBinding {
    private static let resource = GroupResource(group: "", resource: "pods/binding")

    /// The pod after the binding: with node, labels, annotations and the condition PodScheduled. The generation does
    /// not change.
    ///
    /// - Throws: 500 for a target that is not a node, 409 for a pod that is being deleted, gated or already bound.
    package static func apply(binding: Value, to pod: Value, at now: Timestamp) throws(APIStatus) -> Value {
        let target = binding["target"] ?? .null
        let node = target.text("name")
        try checkTarget(target)
        let name = pod.name
        if pod.deletionTimestamp != nil {
            throw conflict(name, "pod \(name) is being deleted, cannot be assigned to a host")
        }
        let bound = pod.at("spec", "nodeName")?.string ?? ""
        if !bound.isEmpty {
            throw conflict(name, "pod \(name) is already assigned to node \(bound.goQuoted)")
        }
        if !(pod["spec"]?.items("schedulingGates") ?? []).isEmpty {
            throw conflict(name, "pod \(name) has non-empty .spec.schedulingGates")
        }
        if let uid = binding.at("metadata", "uid")?.string, !uid.isEmpty, uid != pod.uid {
            throw conflict(
                name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(pod.uid)")
        }
        var result = pod
        result.set(.string(node), at: "spec", "nodeName")
        for field in ["labels", "annotations"] {
            for member in binding["metadata"]?.entries(field) ?? [] {
                result.set(member.value, at: "metadata", field, member.key)
            }
        }
        PodConditions.set(
            ["type": "PodScheduled", "status": "True"], in: &result, at: now)
        return result
    }

    /// Errors about the target are reported as a bare 500 because they are found inside the storage transaction.
    private static func checkTarget(_ target: Value) throws(APIStatus) {
        let kind = target.text("kind")
        var errors: [FieldError] = []
        if !kind.isEmpty, kind != "Node" {
            errors.append(
                .notSupported(FieldPath("target", "kind"), .string(kind), inOrder: ["Node", "<empty>"]))
        }
        if target.text("name").isEmpty { errors.append(.required(FieldPath("target", "name"))) }
        if errors.isEmpty { return }
        let texts = errors.map(\.description)
        throw APIStatus(
            code: 500, reason: "",
            message: texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]")
    }

    private static func conflict(_ name: String, _ why: String) -> APIStatus {
        .conflict(resource, name: name, why)
    }
}

/// Conditions of pods.
package enum PodConditions {
    /// Replaces the condition of the same type, or appends it. The transition time is `now` if the status changes.
    package static func set(_ condition: Value, in pod: inout Value, at now: Timestamp) {
        var conditions = pod.at("status", "conditions")?.array ?? []
        let index = conditions.firstIndex { $0.text("type") == condition.text("type") }
        var new = condition
        let old = index.map { conditions[$0] }
        new["lastProbeTime"] = old?["lastProbeTime"] ?? .null
        let changes = old?.text("status") != condition.text("status")
        new["lastTransitionTime"] = changes ? .string(now.rfc3339) : old?["lastTransitionTime"] ?? .null
        if let index { conditions[index] = new } else { conditions.append(new) }
        pod.set(.array(conditions), at: "status", "conditions")
    }
}
