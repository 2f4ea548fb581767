import FairleadClient
import FairleadModel

/// Executes what `DaemonSetReconciler` plans.
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
        let owned = try await OwnershipWriter(
            client: client, ownerResource: .daemonSets, ownedResource: .pods, ownerKind: "DaemonSet"
        ).settle(stored, selector, in: pods)
        let history = RevisionHistory(
            owner: set, style: .daemonSet,
            revisions: try await OwnershipWriter(
                client: client, ownerResource: .daemonSets, ownedResource: .controllerRevisions,
                ownerKind: "DaemonSet"
            ).settle(stored, selector, in: revisions))
        let writer = RevisionWriter(client: client)
        let current = try await writer.settle(history).revision
        let reconciler = DaemonSetReconciler(
            daemonSet: set, nodes: nodes.list().map(\.value), pods: owned,
            hash: current.labels[DaemonSetReconciler.hashLabel] ?? "", now: now())
        if isUpToDate { try await execute(reconciler.plan(), for: set, key: key) }
        try await client.updateStatus(.daemonSets, of: set, to: reconciler.status())
        let hashes = Set(owned.compactMap { $0.labels[DaemonSetReconciler.hashLabel] })
        let inUse = history.revisions.filter { hashes.contains($0.labels[DaemonSetReconciler.hashLabel] ?? "") }
        try await writer.delete(history.surplus(inUse: Set(inUse.map(\.name)), current: current.name))
        return ReconcileResult(again: reconciler.timeToNextAvailability())
    }

    private func execute(_ plan: DaemonSetReconciler.Plan, for set: Value, key: ObjectName) async throws(APIStatus) {
        let writer = PodWriter(client: client, recorder: recorder)
        for report in plan.reports {
            recorder.event(about: set, type: report.type, reason: report.reason, message: report.message)
        }
        for pod in plan.delete { try await writer.delete(pod, for: set) }
        if let failure = await writer.create(plan.create, for: set, key: key, tracker) { throw failure }
    }
}
