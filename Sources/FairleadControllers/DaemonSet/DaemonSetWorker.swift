import FairleadClient
import FairleadModel

/// Carries out what `DaemonSetReconciler` plans.
struct DaemonSetWorker: Sendable {
    let client: any ObjectClient
    let sets: Lister
    let pods: Lister
    let nodes: Lister
    let revisions: Lister
    let tracker: PodTracker
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = sets.get(key) else {
            tracker.forget(key)
            return .done
        }
        guard let selector = Selectors.ofWorkload(stored.value) else { return .done }
        let set = stored.value
        let isUpToDate = tracker.isUpToDate(key)
        let claim = OwnershipClaim(
            owner: set, selector: selector, candidates: OwnershipIndex.candidates(of: stored, in: pods))
        let owned = try await OwnershipWriter(
            client: client, ownerResource: .daemonSets, ownedResource: .pods, ownerKind: "DaemonSet"
        ).settle(claim, owner: set)
        let history = RevisionHistory(
            owner: set, kind: "DaemonSet", hashLabel: DaemonSetReconciler.hashLabel,
            revisions: revisions.indexed(OwnershipIndex.controllerUID, set.uid).map(\.value))
        let writer = RevisionWriter(client: client)
        let current = try await writer.settle(history)
        let reconciler = DaemonSetReconciler(
            daemonSet: set, nodes: nodes.list().map(\.value), pods: owned,
            hash: current.labels[DaemonSetReconciler.hashLabel] ?? "", now: now())
        if isUpToDate { try await carryOut(reconciler.plan(), for: set, key: key) }
        try await write(reconciler.status(), of: set)
        let hashes = Set(owned.compactMap { $0.labels[DaemonSetReconciler.hashLabel] })
        let inUse = history.revisions.filter { hashes.contains($0.labels[DaemonSetReconciler.hashLabel] ?? "") }
        try await writer.delete(history.surplus(inUse: Set(inUse.map(\.name) + [current.name])))
        return reconciler.secondsToNextAvailability().map { .again(after: $0) } ?? .done
    }

    private func carryOut(_ plan: DaemonSetReconciler.Plan, for set: Value, key: ObjectName) async throws(APIStatus) {
        let writer = PodWriter(client: client, recorder: recorder)
        for pod in plan.delete { try await writer.delete(pod, for: set) }
        if plan.create.isEmpty { return }
        tracker.expectCreations(plan.create.count, of: key)
        let outcome = await writer.create(plan.create, for: set)
        tracker.giveUpCreations(plan.create.count - outcome.succeeded, of: key)
        if let failure = outcome.failure, !failure.isNamespaceTerminating { throw failure }
    }

    private func write(_ status: Value, of set: Value) async throws(APIStatus) {
        guard set["status"] != status else { return }
        var changed = set
        changed["status"] = status
        do {
            _ = try await client.update(.daemonSets, changed, subresource: "status")
        } catch {
            if error.code != 404 { throw error }
        }
    }
}
