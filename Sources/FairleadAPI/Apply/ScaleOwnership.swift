import FairleadModel

/// The managedFields of an object as those of its Scale, and back: only who owns the number of replicas shows there.
///
/// Reference: k8s.io/apimachinery `managedfields/scalehandler.go`.
struct ScaleOwnership {
    /// The managedFields of the object.
    let parent: Value?
    /// The version of the object's kind.
    let apiVersion: String

    private static let replicas = FieldSet([[.field("spec"), .field("replicas")]])
    private static let scaleVersion = "autoscaling/v1"

    private func ownsReplicas(_ set: FieldSet) -> Bool { set.contains([.field("spec"), .field("replicas")]) }

    var ofScale: Value? {
        guard let managed = ManagedFields(parent) else { return nil }
        var result = ManagedFields()
        for entry in managed.entries where ownsReplicas(entry.set) {
            var owner = entry.owner
            owner.apiVersion = Self.scaleVersion
            result[owner] = ManagedFields.Entry(owner, Self.replicas, time: entry.time)
        }
        return result.value()
    }

    /// The managedFields of the object after its Scale got `scale`. New owners have no time.
    func ofParent(scale: Value?) -> Value? {
        guard var managed = ManagedFields(parent), let scale = ManagedFields(scale) else { return parent }
        let owners = scale.entries.filter { ownsReplicas($0.set) }.map { entry in
            var owner = entry.owner
            owner.apiVersion = apiVersion
            return owner
        }
        let kept = Set(owners)
        var before: Set<FieldOwner> = []
        var gone: Set<FieldOwner> = []
        for entry in managed.entries where ownsReplicas(entry.set) {
            before.insert(entry.owner)
            if kept.contains(entry.owner) { continue }
            let rest = entry.set.subtracting(Self.replicas)
            if rest.isEmpty {
                gone.insert(entry.owner)
            } else {
                managed[entry.owner] = ManagedFields.Entry(entry.owner, rest, time: entry.time)
            }
        }
        managed.remove(gone)
        for owner in owners where !before.contains(owner) {
            let known = managed[owner]
            managed[owner] = ManagedFields.Entry(
                owner, Self.replicas.union(known?.set ?? FieldSet()), time: known?.time)
        }
        return managed.value()
    }
}

extension API {
    private static let scaleType = "io.k8s.api.autoscaling.v1.Scale"

    private func scaleOwnership(_ manager: String, _ operation: FieldOwner.Operation) throws(APIStatus)
        -> FieldOwnership
    {
        guard let type = types.type(named: Self.scaleType) else { throw .internalError("no schema of Scale") }
        let owner = FieldOwner(
            manager: manager, operation: operation, apiVersion: "autoscaling/v1", subresource: "scale")
        return FieldOwnership(type: type, types: types, owner: owner, now: environment.now(), shared: fieldsV1)
    }

    /// Enters whoever made `scale` of `old`.
    func trackScale(_ scale: inout Value, old: Value, manager: String) {
        guard let ownership = try? scaleOwnership(manager, .update) else { return }
        scale.set(ownership.managedFields(afterUpdate: scale, of: old), at: "metadata", "managedFields")
    }

    /// The Scale that an application makes of `scale`, decoded, with its managedFields.
    func applied(_ request: ApplyRequest, toScale scale: Value, _ options: WriteOptions) throws(APIStatus) -> Value {
        try request.checkKind(is: "Scale", apiVersion: "autoscaling/v1")
        let merged = try scaleOwnership(options.fieldManager, .apply).apply(
            request.configuration, to: scale, isNew: false, force: options.force ?? false
        ).object
        return try decoder.structure(
            merged, duplicates: [], kind: "Scale", apiVersion: "autoscaling/v1", typeName: Self.scaleType,
            validation: .ignore
        ).object
    }
}
