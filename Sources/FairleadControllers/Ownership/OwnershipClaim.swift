package import FairleadModel

/// Which objects a controller owns, which it should take and which it should let go.
///
/// An object with a matching selector and no controller is adopted; one that is controlled but no longer matches is
/// released; one that another owner controls is left alone. A terminating owner neither adopts nor releases, and
/// a terminating object is never adopted.
/// Reference: "Garbage Collection", "Owners and dependents"; kubernetes community, controller-ref design proposal.
struct OwnershipClaim {
    var owned: [StoredObject] = []
    var adopted: [StoredObject] = []
    var released: [StoredObject] = []

    init(owner: Value, selector: LabelSelector, candidates: [StoredObject]) {
        let isOwnerTerminating = owner.deletionTimestamp != nil
        for candidate in candidates {
            let value = candidate.value
            let isMatching = selector.matches(candidate.labels)
            if let controller = value.controllerRef {
                guard controller.uid == owner.uid else { continue }
                if isMatching {
                    owned.append(candidate)
                } else if !isOwnerTerminating {
                    released.append(candidate)
                }
            } else if isMatching, !isOwnerTerminating, value.deletionTimestamp == nil {
                adopted.append(candidate)
            }
        }
    }
}

/// Merge patches of `metadata.ownerReferences`. They carry uid and resourceVersion, so that they fail if the object has
/// changed since it was read.
package enum OwnershipPatch {
    /// - Parameter finalizer: added to the adopted object along with its owner.
    static func adopt(
        _ object: Value, by owner: Value, kind: String, apiVersion: String, finalizer: String? = nil
    ) -> Value {
        var patch = patch(object, object.ownerReferences + [reference(to: owner, kind: kind, apiVersion: apiVersion)])
        if let finalizer, !object.finalizers.contains(finalizer) {
            patch.set(.array((object.finalizers + [finalizer]).map(Value.string)), at: "metadata", "finalizers")
        }
        return patch
    }

    static func release(_ object: Value, from ownerUIDs: Set<String>) -> Value {
        patch(object, object.ownerReferences.filter { !ownerUIDs.contains($0.uid) })
    }

    static func patch(_ object: Value, _ references: [OwnerReference]) -> Value {
        var metadata: Object = ["uid": .string(object.uid)]
        if let version = object.at("metadata", "resourceVersion") { metadata["resourceVersion"] = version }
        metadata["ownerReferences"] = references.isEmpty ? .null : .array(references.map(\.value))
        return ["metadata": .object(metadata)]
    }

    /// The reference by which `owner` controls what it creates.
    package static func reference(to owner: Value, kind: String, apiVersion: String) -> OwnerReference {
        OwnerReference(
            apiVersion: apiVersion, kind: kind, name: owner.name, uid: owner.uid, controller: true,
            blockOwnerDeletion: true)
    }
}
