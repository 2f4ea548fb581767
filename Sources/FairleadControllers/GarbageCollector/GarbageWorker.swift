import FairleadClient
import FairleadModel

/// Executes what `GarbageReconciler` plans for one object.
///
/// Every write names the uid and version it is based on: a stale cache leads to a conflict and a retry, never to a
/// wrong deletion.
struct GarbageWorker: Sendable {
    let client: any ObjectClient
    let graph: OwnerGraph
    let queue: WorkQueue<GarbageItem>
    let recorder: EventRecorder

    func reconcile(_ item: GarbageItem) async throws(APIStatus) -> ReconcileResult {
        guard let object = graph.object(item) else { return .done }
        reportOwnersElsewhere(of: object)
        let dependents = graph.dependents(of: object.uid)
        let owners = object.deletionTimestamp == nil ? try await states(of: object) : [:]
        let action = GarbageReconciler(object: object).plan(owners: owners, dependents: dependents.map(\.object))
        switch action {
        case .nothing: break
        case .orphan:
            for dependent in dependents {
                try await patch(dependent.item, OwnershipPatch.release(dependent.object, from: [object.uid]))
            }
            try await patch(item, FinalizerPatch.removing(GarbageReconciler.orphan, from: object))
        case .finishForeground:
            try await patch(item, FinalizerPatch.removing(GarbageReconciler.foreground, from: object))
        case .visit(let waiting):
            let uids = Set(waiting.map(\.uid))
            for dependent in dependents where uids.contains(dependent.object.uid) { queue.add(dependent.item) }
        case .dropOwners(let uids):
            try await patch(item, OwnershipPatch.release(object, from: uids))
        case .delete(let policy, let unblock):
            var version = object.at("metadata", "resourceVersion")?.string
            if unblock {
                try await patch(item, GarbageReconciler.unblocking(object))
                version = nil
            }
            try await delete(item, uid: object.uid, version: version, policy: policy)
        }
        return .done
    }

    /// Owners in another namespace do not count; whoever wrote the reference should know.
    private func reportOwnersElsewhere(of object: Value) {
        let namespace = object.namespace
        for owner in object.ownerReferences
        where graph.cachedState(of: owner, namedBy: namespace) == nil
            || graph.isBeyondReach(owner, namedBy: namespace)
        {
            guard graph.isElsewhere(owner, namedBy: namespace) else { continue }
            recorder.event(
                about: object, type: "Warning", reason: "OwnerRefInvalidNamespace",
                message: "ownerRef [\(owner.apiVersion)/\(owner.kind), namespace: \(namespace), name: \(owner.name), "
                    + "uid: \(owner.uid)] does not exist in namespace \(namespace.goQuoted)")
        }
    }

    /// The state of each owner, by uid. An owner counts as absent only if the server confirms it.
    private func states(of object: Value) async throws(APIStatus) -> [String: GarbageReconciler.Owner] {
        var states: [String: GarbageReconciler.Owner] = [:]
        for owner in object.ownerReferences {
            if let known = graph.cachedState(of: owner, namedBy: object.namespace) {
                states[owner.uid] = known
            } else if let place = graph.place(of: owner, namedBy: object.namespace) {
                states[owner.uid] = try await fresh(owner, at: place)
            }
        }
        return states
    }

    private func fresh(_ owner: OwnerReference, at place: GarbageItem) async throws(APIStatus)
        -> GarbageReconciler.Owner
    {
        let object = try await ignoringNotFound(
            await client.get(place.resource, namespace: place.name.namespace, name: place.name.name))
        guard let object, object.uid == owner.uid else { return .absent }
        return GarbageReconciler.isWaiting(object) ? .waiting : .present
    }

    private func patch(_ item: GarbageItem, _ patch: Value) async throws(APIStatus) {
        try await ignoringNotFound(
            await client.patch(item.resource, namespace: item.name.namespace, name: item.name.name, patch))
    }

    private func delete(_ item: GarbageItem, uid: String, version: String?, policy: String) async throws(APIStatus) {
        try await ignoringNotFound(
            await client.delete(
                item.resource, namespace: item.name.namespace, name: item.name.name,
                options: DeleteOptions(uid: uid, resourceVersion: version, propagationPolicy: policy)))
    }
}
