import FairleadClient
import FairleadModel

/// Carries out what `JobReconciler` plans.
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
        let claim = OwnershipClaim(
            owner: job, selector: selector, candidates: OwnershipIndex.candidates(of: stored, in: pods))
        let owned = try await OwnershipWriter(
            client: client, ownerResource: JobController.jobs, ownedResource: .pods, ownerKind: "Job"
        ).settle(claim, owner: job)
        let plan = JobReconciler(job: job, pods: owned, now: now()).plan()
        // The status first: only what stands in it may lose its finalizer.
        try await write(plan.status, of: job)
        if plan.isNewlyComplete {
            recorder.event(about: job, type: "Normal", reason: "Completed", message: "Job completed")
        }
        for pod in plan.untrack { try await untrack(pod) }
        let writer = PodWriter(client: client, recorder: recorder)
        for pod in plan.delete { try await writer.delete(pod, for: job) }
        if isUpToDate, plan.isHeldBack { writer.tellHeldBack(job) }
        if isUpToDate, !plan.create.isEmpty {
            tracker.expectCreations(plan.create.count, of: key)
            let outcome = await writer.create(plan.create, for: job)
            tracker.giveUpCreations(plan.create.count - outcome.succeeded, of: key)
            if let failure = outcome.failure, !failure.isNamespaceTerminating { throw failure }
        }
        return plan.again.map { .again(after: $0) } ?? .done
    }

    /// Nobody will count the pods of a job that is gone: its finalizer must not hold them.
    private func releasePods(of key: ObjectName) async throws(APIStatus) {
        for pod in pods.list(namespace: key.namespace).map(\.value)
        where pod.finalizers.contains(JobReconciler.finalizer) {
            if let owner = pod.controllerRef, owner.kind == "Job", owner.name == key.name { try await untrack(pod) }
        }
    }

    private func untrack(_ pod: Value) async throws(APIStatus) {
        do {
            try await client.patch(
                .pods, namespace: pod.namespace, name: pod.name,
                FinalizerPatch.removing(JobReconciler.finalizer, from: pod))
        } catch {
            if error.code != 404 { throw error }
        }
    }

    private func write(_ status: Value, of job: Value) async throws(APIStatus) {
        guard job["status"] != status else { return }
        var changed = job
        changed["status"] = status
        do {
            _ = try await client.update(JobController.jobs, changed, subresource: "status")
        } catch {
            if error.code != 404 { throw error }
        }
    }
}
