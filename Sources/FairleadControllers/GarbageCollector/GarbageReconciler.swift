import FairleadModel

/// What must happen to one object because of its owners and dependents.
///
/// Reference: "Garbage Collection" concept page, "Cascading deletion"; design proposal "synchronous garbage
/// collection".
struct GarbageReconciler {
    static let foreground = "foregroundDeletion"
    static let orphan = "orphan"

    /// The state of an owner that an object names.
    enum Owner: Hashable {
        case present
        case absent
        /// Deleted in the foreground: it stays until its dependents that block it are gone.
        case waiting
    }

    enum Action: Hashable {
        case nothing
        /// Remove the dependents' references to the object, then its finalizer `orphan`.
        case orphan(dependents: [Value])
        /// Nothing blocks the object's deletion any more: remove its finalizer.
        case finishForeground
        /// Enqueue these dependents; the object waits for them.
        case visit(dependents: [Value])
        /// Some owners are left; remove the references to the others.
        case dropOwners(uids: Set<String>)
        /// No owner is left. Dependents that wait for this object in a cycle must stop blocking it.
        case delete(policy: String, unblock: Bool)
    }

    let object: Value

    static func isWaiting(_ object: Value) -> Bool {
        object.deletionTimestamp != nil && object.finalizers.contains(foreground)
    }

    static func isOrphaning(_ object: Value) -> Bool {
        object.deletionTimestamp != nil && object.finalizers.contains(orphan)
    }

    /// - Parameters:
    ///   - owners: the state of each owner named by the object, by uid; used only if the object is not being deleted.
    ///   - dependents: the objects that name this one as an owner.
    func plan(owners: [String: Owner], dependents: [Value]) -> Action {
        if Self.isOrphaning(object) { return .orphan(dependents: dependents) }
        if Self.isWaiting(object) {
            let blocking = dependents.filter { dependent in
                dependent.ownerReferences.contains { $0.uid == object.uid && $0.blockOwnerDeletion }
            }
            if blocking.isEmpty { return .finishForeground }
            return .visit(dependents: dependents.filter { !Self.isWaiting($0) })
        }
        if object.deletionTimestamp != nil { return .nothing }
        let references = object.ownerReferences
        if references.isEmpty { return .nothing }
        let gone = references.filter { (owners[$0.uid] ?? .present) != .present }
        if gone.count < references.count {
            return gone.isEmpty ? .nothing : .dropOwners(uids: Set(gone.map(\.uid)))
        }
        if references.contains(where: { owners[$0.uid] == .waiting }), !dependents.isEmpty {
            return .delete(policy: "Foreground", unblock: dependents.contains(where: Self.isWaiting))
        }
        let finalizers = object.finalizers
        if finalizers.contains(Self.orphan) { return .delete(policy: "Orphan", unblock: false) }
        if finalizers.contains(Self.foreground) { return .delete(policy: "Foreground", unblock: false) }
        return .delete(policy: "Background", unblock: false)
    }

    /// The patch after which the object no longer blocks any of its owners.
    static func unblocking(_ object: Value) -> Value {
        let references = object.ownerReferences.map { reference in
            var copy = reference
            copy.blockOwnerDeletion = false
            return copy
        }
        return OwnershipPatch.patch(object, references)
    }
}
