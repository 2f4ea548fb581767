package import FairleadModel
package import FairleadSchema

/// Maintains `metadata.managedFields`: which manager owns which fields of an object.
///
/// One value serves one write of one kind. Objects are in the form that clients see, in the version that the owner
/// names.
///
/// Reference: KEP 555; k8s.io/apimachinery `util/managedfields`, sigs.k8s.io/structured-merge-diff `merge`.
package struct FieldOwnership {
    let type: TypeSchema
    let types: TypeRegistry
    let owner: FieldOwner
    let reset: ResetFields
    let now: Timestamp
    let shared: FieldsV1Cache

    /// - Parameter metadataResetByStatus: metadata fields that a writer of the status may send but never owns.
    package init(
        type: TypeSchema, types: TypeRegistry, owner: FieldOwner, now: Timestamp,
        metadataResetByStatus: [String] = [], shared: FieldsV1Cache = FieldsV1Cache()
    ) {
        self.type = type
        self.types = types
        self.owner = owner
        reset = ResetFields(
            type, subresource: owner.subresource.isEmpty ? nil : owner.subresource, metadata: metadataResetByStatus)
        self.now = now
        self.shared = shared
    }

    /// The managedFields of `new`, which an update made from `live`.
    ///
    /// - Parameters:
    ///   - live: nil for a creation.
    ///   - emptyLists: paths of lists that the update made empty; `new` does not tell them from missing ones.
    /// - Returns: nil if there are none.
    package func managedFields(afterUpdate new: Value, of live: Value?, emptyLists: [[String]] = []) -> Value? {
        let kept = live?.at("metadata", "managedFields")
        var basis = kept
        var isStored = true
        if owner.subresource.isEmpty, let sent = new.at("metadata", "managedFields"), sent != kept {
            if Self.isReset(sent) {
                basis = nil
            } else if let list = sent.array, !list.isEmpty, ManagedFields(sent) != nil {
                basis = sent
                isStored = false
            }
        }
        // An object without managedFields stays without them.
        if live != nil, basis?.array?.isEmpty ?? true { return nil }
        var changes = Comparer(types: types).compare(live ?? type.blank, new, type, excluding: reset)
        if !emptyLists.isEmpty {
            changes.modified = changes.modified.union(FieldSet(emptyLists.map { $0.map { .field($0) } }))
        }
        if changes.isSame { return basis }
        var managed = ManagedFields(basis, isStored: isStored) ?? ManagedFields()
        if live != nil, managed.isEmpty { return nil }
        record(changes, in: &managed)
        return managed.value(shared.fieldsV1)
    }

    /// `managedFields: [{}]` asks to stop tracking.
    private static func isReset(_ list: Value) -> Bool {
        guard let entries = list.array, entries.count == 1, case .object(let entry) = entries[0] else { return false }
        return entry.members.allSatisfy { $0.value.isNull || $0.value == "" || $0.value == .object(Object()) }
    }

    /// The owner takes the fields that an update set; those that it removed have no owner any more.
    func record(_ changes: Comparison, in managed: inout ManagedFields) {
        let taken = changes.taken
        managed.take(taken, trees: changes.removed, fromOthersThan: taken.isEmpty ? nil : owner)
        if !taken.isEmpty {
            managed.change(owner, adding: taken, removingTrees: changes.removed, at: now.rfc3339)
        }
        managed.cap()
    }
}
