import FairleadClient
import FairleadModel

/// Executes what `ReplicaSetReconciler` plans for one set, or for one ReplicationController.
struct ReplicaSetWorker: Sendable {
    let client: any ObjectClient
    let kind: PodSetKind
    let sets: Lister
    let pods: Lister
    let tracker: PodTracker
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp
    let replicas = FindingCache<ObjectName, Replica.Basis, Replica>()

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = sets.get(key) else {
            tracker.forget(key)
            replicas.forget(key)
            return .done
        }
        guard let selector = Selectors.ofWorkload(stored.value) else { return .done }
        // Asked before the pods are read: anything observed in between only makes them more recent.
        let isUpToDate = tracker.isUpToDate(key)
        let reconciler = try await reconciler(of: stored, key, selector)
        var failure: APIStatus?
        if isUpToDate { failure = await execute(reconciler.plan(related: related(to: stored)), for: stored) }
        try await client.updateStatus(
            kind.resource, of: stored.value, to: reconciler.status(failure: failure, now: now()))
        if let failure { throw failure }
        return ReconcileResult(again: reconciler.timeToNextAvailability(now: now()))
    }

    /// Knows the pods that the set controls, after it has taken or let go of others.
    private func reconciler(
        of set: StoredObject, _ key: ObjectName, _ selector: LabelSelector
    ) async throws(APIStatus) -> ReplicaSetReconciler {
        let owned = pods.indexed(OwnershipIndex.controllerUID, set.value.uid)
        let basis = Replica.Basis(set.value)
        let known = replicas.findings(of: key, basis: basis, in: owned) { Replica($0.value, basis, selector) }
        let orphans = pods.indexed(OwnershipIndex.orphans, set.key.namespace)
        if known.allSatisfy(\.isMatching), !orphans.contains(where: { selector.matches($0.labels) }) {
            return ReplicaSetReconciler(replicaSet: set.value, kind: kind, replicas: known) { owned.map(\.value) }
        }
        let settled = try await OwnershipWriter(
            client: client, ownerResource: kind.resource, ownedResource: .pods, ownerKind: kind.name
        ).settle(set, selector, in: pods)
        return ReplicaSetReconciler(replicaSet: set.value, kind: kind, pods: settled)
    }

    private func execute(_ plan: ReplicaSetReconciler.Plan, for set: StoredObject) async -> APIStatus? {
        let key = set.objectName
        let writer = PodWriter(client: client, recorder: recorder)
        if plan.isHeldBack { writer.recordHeldBack(set.value) }
        if !plan.create.isEmpty { return await writer.create(plan.create, for: set.value, key: key, tracker) }
        guard !plan.delete.isEmpty else { return nil }
        tracker.expectDeletions(of: plan.delete, by: key)
        return await withTaskGroup(of: APIStatus?.self) { group in
            for pod in plan.delete {
                group.addTask {
                    do throws(APIStatus) {
                        try await writer.delete(pod, for: set.value)
                        return nil
                    } catch {
                        tracker.giveUpDeletion(of: pod, by: key)
                        return error
                    }
                }
            }
            var failure: APIStatus?
            for await outcome in group { failure = failure ?? outcome }
            return failure
        }
    }

    /// Pods of all sets of the same owner; of this set alone if it has none.
    private func related(to set: StoredObject) -> [Value] {
        guard let owner = set.value.controllerRef else {
            return pods.indexed(OwnershipIndex.controllerUID, set.value.uid).map(\.value)
        }
        let siblings = sets.indexed(OwnershipIndex.controllerUID, owner.uid)
        return siblings.flatMap { pods.indexed(OwnershipIndex.controllerUID, $0.value.uid).map(\.value) }
    }
}
