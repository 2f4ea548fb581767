import FairleadClient
import FairleadModel

/// Carries out what `ReplicaSetReconciler` plans for one set.
struct ReplicaSetWorker: Sendable {
    let client: any ObjectClient
    let sets: Lister
    let pods: Lister
    let tracker: PodTracker
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = sets.get(key) else {
            tracker.forget(key)
            return .done
        }
        guard let selector = Selectors.ofWorkload(stored.value) else { return .done }
        // Asked before the pods are read: what is observed in between can only make the picture newer.
        let isUpToDate = tracker.isUpToDate(key)
        let claim = OwnershipClaim(
            owner: stored.value, selector: selector,
            candidates: OwnershipIndex.candidates(of: stored, in: pods))
        let owned = try await OwnershipWriter(
            client: client, ownerResource: .replicaSets, ownedResource: .pods, ownerKind: "ReplicaSet"
        ).settle(claim, owner: stored.value)
        let reconciler = ReplicaSetReconciler(replicaSet: stored.value, pods: owned)
        var failure: APIStatus?
        if isUpToDate { failure = await carryOut(reconciler.plan(related: related(to: stored)), for: stored) }
        try await write(reconciler.status(failure: failure, now: now()), of: stored.value)
        if let failure { throw failure }
        return reconciler.secondsToNextAvailability(now: now()).map { .again(after: $0) } ?? .done
    }

    private func carryOut(_ plan: ReplicaSetReconciler.Plan, for set: StoredObject) async -> APIStatus? {
        let key = set.objectName
        let writer = PodWriter(client: client, recorder: recorder)
        if plan.isHeldBack { writer.tellHeldBack(set.value) }
        if !plan.create.isEmpty {
            tracker.expectCreations(plan.create.count, of: key)
            let outcome = await writer.create(plan.create, for: set.value)
            tracker.giveUpCreations(plan.create.count - outcome.succeeded, of: key)
            return outcome.failure?.isNamespaceTerminating == true ? nil : outcome.failure
        }
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

    private func write(_ status: Value, of set: Value) async throws(APIStatus) {
        guard set["status"] ?? .object(Object()) != status else { return }
        var changed = set
        changed["status"] = status
        do {
            _ = try await client.update(.replicaSets, changed, subresource: "status")
        } catch {
            if error.code == 404 { return }
            throw error
        }
    }
}
