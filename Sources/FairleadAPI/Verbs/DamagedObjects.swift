package import FairleadKinds
package import FairleadModel
package import FairleadStorage

/// Objects whose stored form cannot be read. Their keys are taken; lists and watches skip them, requests that name one
/// get an error, and they can be deleted (`docs/decisions/damaged-objects.md`).
extension Snapshot {
    /// The object, or why there is none: it does not exist, or it cannot be read.
    package func existing(_ kind: Kind, namespace: String, name: String) throws(APIStatus) -> StoredObject {
        let key = kind.key(namespace: namespace, name: name)
        if let object = object(key) { return object }
        throw damaged[key].map(Self.unreadable) ?? kind.notFound(name)
    }

    /// - Throws: 500 for a key that is taken by an unreadable object.
    func checkReadable(_ key: ObjectKey) throws(APIStatus) {
        if !damaged.isEmpty, let damage = damaged[key] { throw Self.unreadable(damage) }
    }

    private static func unreadable(_ damage: DamagedVersion) -> APIStatus {
        if damage.isSealed { return .internalError("\(damage.reason) (\(damage.key))") }
        return .internalError("the stored object \(damage.key) is damaged (\(damage.reason)); it can only be deleted")
    }
}

extension API {
    /// Deletes an object without reading it: its finalizers, grace period and protection are unknown.
    ///
    /// - Throws: 409 for preconditions, since none can be verified.
    func deleteDamaged(
        _ kind: Kind, _ damage: DamagedVersion, options: DeletionOptions, _ snapshot: Snapshot
    ) async throws(APIStatus) -> DeletionResult {
        guard options.uid == nil, options.resourceVersion == nil else {
            throw .conflict(
                GroupResource(group: kind.info.gvr.group, resource: kind.info.kind), name: damage.key.name,
                "the stored object is damaged: whether the precondition holds cannot be told")
        }
        if !options.isDryRun { try await removeDamaged([damage], snapshot) }
        var object: Value = ["kind": .string(kind.info.kind), "apiVersion": .string(kind.apiVersion)]
        object.name = damage.key.name
        if !damage.key.namespace.isEmpty { object.namespace = damage.key.namespace }
        return DeletionResult(object: object, isWaiting: false)
    }

    /// - Throws: 409 if one of them has been removed meanwhile.
    package func removeDamaged(_ damages: [DamagedVersion], _ snapshot: Snapshot) async throws(APIStatus) {
        var transaction = Transaction()
        for damage in damages { transaction.removeDamaged(damage, snapshot) }
        do {
            _ = try await store.commit(transaction)
        } catch {
            let key = damages.first?.key
            throw error.status(key?.resource ?? GroupResource(group: "", resource: ""), name: key?.name ?? "")
        }
    }
}
