import FairleadClient
import FairleadControllers
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
        let job = stored.value
        guard !JobReconciler.isManagedElsewhere(job), let selector = Selectors.ofWorkload(job) else { return .done }
        let isUpToDate = tracker.isUpToDate(key)
        let owned = try await OwnershipWriter(
            client: client, ownerResource: JobController.jobs, ownedResource: .pods, ownerKind: "Job",
            finalizer: JobPod.finalizer
        ).settle(stored, selector, in: pods)
        let plan = JobReconciler(job: job, pods: owned, now: now()).plan(isUpToDate: isUpToDate)
        // The status first: only pods recorded in it may lose their finalizer.
        try await client.updateStatus(JobController.jobs, of: job, to: plan.status)
        // Events about the pods come before those about the Job.
        defer { record(plan.events, about: job) }
        for pod in plan.untrack { try await untrack(pod) }
        let writer = PodWriter(client: client, recorder: recorder)
        try await delete(plan, for: job, key: key, writer)
        if plan.isHeldBack { writer.recordHeldBack(job) }
        if let failure = await writer.create(plan.create, for: job, key: key, tracker) { throw failure }
        return ReconcileResult(again: plan.again)
    }

    private func record(_ events: [JobReconciler.Event], about job: Value) {
        for event in events {
            recorder.event(about: job, type: event.type, reason: event.reason, message: event.message)
        }
    }

    private func delete(
        _ plan: JobReconciler.Plan, for job: Value, key: ObjectName, _ writer: PodWriter
    ) async throws(APIStatus) {
        let pods = plan.discard + plan.delete
        if pods.isEmpty { return }
        tracker.expectDeletions(of: pods, by: key)
        var failure: APIStatus?
        for (index, pod) in pods.enumerated() {
            do throws(APIStatus) {
                // Without the finalizer the pod counts neither as failed nor as succeeded.
                if index < plan.discard.count { try await untrack(pod) }
                try await writer.delete(pod, for: job)
            } catch {
                tracker.giveUpDeletion(of: pod, by: key)
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Nothing will count the pods of a deleted Job, so their finalizer must not hold them.
    private func releasePods(of key: ObjectName) async throws(APIStatus) {
        for pod in pods.list(namespace: key.namespace).map(\.value) where pod.finalizers.contains(JobPod.finalizer) {
            if let owner = pod.controllerRef, owner.kind == "Job", owner.name == key.name { try await untrack(pod) }
        }
    }

    private func untrack(_ pod: Value) async throws(APIStatus) {
        guard pod.finalizers.contains(JobPod.finalizer) else { return }
        try await ignoringNotFound(
            await client.patch(
                .pods, namespace: pod.namespace, name: pod.name, FinalizerPatch.removing(JobPod.finalizer, from: pod)))
    }
}
