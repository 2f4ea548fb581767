package import FairleadModel
import FairleadSchema

extension FieldOwnership {
    /// Merges `configuration` into `live`, removes what the owner no longer applies, and records the owner's fields.
    ///
    /// - Parameters:
    ///   - live: the current object, or an empty one.
    ///   - isNew: whether there is no object yet.
    /// - Returns: the object with its managedFields. Unless it equals the live object otherwise, it is not yet decoded
    ///   as its type.
    /// - Throws: 409 if fields of other managers would change, unless `force`; 500 for a configuration that does not
    ///   fit the schema.
    package func apply(
        _ configuration: Value, to live: Value, isNew: Bool, force: Bool
    ) throws(APIStatus) -> (object: Value, isDecoded: Bool) {
        if let complaint = AppliedConfiguration.complaint(about: configuration, type, types) {
            throw APIStatus(
                code: 500, reason: "",
                message: "failed to create typed patch object (\(Self.title(configuration))): \(complaint)")
        }
        guard var managed = ManagedFields(live.at("metadata", "managedFields")) else {
            throw APIStatus(code: 500, reason: "", message: "failed to decode managed fields")
        }
        if managed.isEmpty, !isNew {
            let everything = Comparer(types: types).compare(type.blank, live, type, excluding: reset)
            let first = FieldOwner(
                manager: "before-first-apply", operation: .update, apiVersion: owner.apiVersion,
                subresource: owner.subresource)
            managed[first] = ManagedFields.Entry(first, everything.taken, time: now.rfc3339)
        }
        let applied = FieldSet.of(configuration, type, types)
        let last = managed[owner]
        var object = TypedMerge(types: types).merge(live, configuration, type)
        // An owner that still applies everything gives up nothing.
        if let last, !last.set.subtracting(applied).isEmpty {
            object = prune(object, last: last.set, applied: applied, managed)
        }

        let changes = Comparer(types: types).compare(live, object, type, excluding: reset)
        let taken = changes.taken
        if !force, !taken.isEmpty {
            let allowed = owner.manager == "kubectl" ? LastApplied.owned(by: live, self) : FieldSet()
            let conflicts = ApplyConflict.all(taken, in: managed, except: owner, allowed: allowed)
            if !conflicts.isEmpty { throw ApplyConflict.status(conflicts) }
        }
        managed.take(taken, trees: changes.removed, fromOthersThan: owner)
        let owned = reset.ownable(applied)
        let time = changes.isSame && !isNew ? last?.time : now.rfc3339
        managed[owner] = owned.isEmpty ? nil : ManagedFields.Entry(owner, owned, time: time)

        // A new object with nothing but a name changes no field that can be owned, but it is still a change.
        if changes.isSame, !isNew {
            object = live
            for field in ["resourceVersion", "uid"] {
                if let wanted = configuration.at("metadata", field) { object.set(wanted, at: "metadata", field) }
            }
        }
        object.set(managed.value(shared.fieldsV1), at: "metadata", "managedFields")
        if owner.manager == "kubectl" { LastApplied.renew(in: &object, from: configuration) }
        return (object, changes.isSame && !isNew)
    }

    /// Removes what the owner applied before and no longer applies, unless another manager owns it or something below
    /// it.
    private func prune(_ merged: Value, last: FieldSet, applied: FieldSet, _ managed: ManagedFields) -> Value {
        let root = MergeType(.object(type))
        let removal = TypedRemoval(types: types)
        let before = last.withNamedFields(root, types)
        var pruned = removal.removing(before, from: merged, root)

        let others = managed.entries.filter { $0.owner != owner }
        let owned = FieldSet.union(of: [applied] + others.map(\.set))
        let all = FieldSet.of(merged, type, types).withNamedFields(root, types)
        var kept = FieldSet.of(pruned, type, types).withNamedFields(root, types)
        kept = kept.union(owned.withNamedFields(root, types))
        pruned = removal.removing(all.subtracting(kept), from: merged, root)

        let remaining = FieldSet.of(pruned, type, types).withNamedFields(root, types)
        return removal.removing(all.subtracting(remaining).intersection(before), from: merged, root)
    }

    /// `namespace/name; group/version, Kind=Kind`.
    private static func title(_ object: Value) -> String {
        "\(object.namespace)/\(object.name); \(object.kindText)"
    }
}
