import FairleadClient
import FairleadModel

/// Executes what `JobReconciler` plans.
struct JobWorker: Sendable {
    let client: any ObjectClient
    let jobs: Lister
    let pods: Lister
    let tracker: PodTracker
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = jobs.get(key) else {
            tracker.forget(key)
            try await releasePods(of: key)
            return .done
        }
        guard let selector = Selectors.ofWorkload(stored.value) else { return .done }
        let job = stored.value
        let isUpToDate = tracker.isUpToDate(key)
        let owned = try await OwnershipWriter(
            client: client, ownerResource: JobController.jobs, ownedResource: .pods, ownerKind: "Job"
        ).settle(stored, selector, in: pods)
        let plan = JobReconciler(job: job, pods: owned, now: now()).plan()
        // The status first: only what stands in it may lose its finalizer.
        try await client.updateStatus(JobController.jobs, of: job, to: plan.status)
        if plan.isNewlyComplete {
            recorder.event(about: job, type: "Normal", reason: "Completed", message: "Job completed")
        }
        for pod in plan.untrack { try await untrack(pod) }
        let writer = PodWriter(client: client, recorder: recorder)
        for pod in plan.delete { try await writer.delete(pod, for: job) }
        if isUpToDate, plan.isHeldBack { writer.recordHeldBack(job) }
        if isUpToDate, let failure = await writer.create(plan.create, for: job, key: key, tracker) { throw failure }
        return ReconcileResult(again: plan.again)
    }

    /// Nobody will count the pods of a job that is gone: its finalizer must not hold them.
    private func releasePods(of key: ObjectName) async throws(APIStatus) {
        for pod in pods.list(namespace: key.namespace).map(\.value)
        where pod.finalizers.contains(JobReconciler.finalizer) {
            if let owner = pod.controllerRef, owner.kind == "Job", owner.name == key.name { try await untrack(pod) }
        }
    }

    private func untrack(_ pod: Value) async throws(APIStatus) {
        try await ignoringNotFound(
            await client.patch(
                .pods, namespace: pod.namespace, name: pod.name,
                FinalizerPatch.removing(JobReconciler.finalizer, from: pod)))
    }
}
