package import FairleadModel

/// Builds pods from a workload's template.
package enum PodFactory {
    /// The pod that `template` describes, owned by `owner`; named by the server from `<owner>-` unless `name` is given.
    package static func pod(
        from template: Value, owner: Value, kind: String, apiVersion: String, name: String? = nil
    ) -> Value {
        var metadata = Object()
        for field in ["labels", "annotations", "finalizers"] { metadata[field] = template.at("metadata", field) }
        metadata["namespace"] = .string(owner.namespace)
        if let name { metadata["name"] = .string(name) }
        metadata["generateName"] = .string(owner.name + "-")
        let reference = OwnershipPatch.reference(to: owner, kind: kind, apiVersion: apiVersion)
        metadata["ownerReferences"] = .array([reference.value])
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": .object(metadata),
            "spec": template["spec"] ?? .object(Object()),
        ]
    }
}
