import FairleadClient
import FairleadControllers
import FairleadModel

/// Executes what `CronJobReconciler` plans.
struct CronJobWorker: Sendable {
    let client: any ObjectClient
    let cronJobs: Lister
    let jobs: Lister
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        // Read from the server, because with a stale status from the cache things would be done twice.
        guard cronJobs.get(key) != nil,
            let cronJob = try await ignoringNotFound(
                await client.get(CronJobController.cronJobs, namespace: key.namespace, name: key.name))
        else { return .done }
        let owned = jobs.indexed(OwnershipIndex.controllerUID, cronJob.uid).map(\.value)
        let known = try await withMissing(owned, of: cronJob)
        var plan = CronJobReconciler(cronJob: cronJob, jobs: known, now: now()).plan()
        for event in plan.events { record(event.type, event.reason, event.message, cronJob) }
        var failure: APIStatus?
        do throws(APIStatus) {
            for job in plan.delete where job.deletionTimestamp == nil { try await delete(job, of: cronJob) }
            try await start(&plan, cronJob)
        } catch {
            failure = error
        }
        try await client.updateStatus(CronJobController.cronJobs, of: cronJob, to: plan.status)
        if let failure { throw failure }
        return ReconcileResult(again: plan.again)
    }

    /// The Jobs in the cache, and active ones that it does not have yet.
    private func withMissing(_ owned: [Value], of cronJob: Value) async throws(APIStatus) -> [Value] {
        let shown = Set(owned.map(\.uid))
        var jobs = owned
        for reference in cronJob.items("status", "active") {
            guard let uid = reference["uid"]?.string, !shown.contains(uid), let name = reference["name"]?.string,
                let job = try await ignoringNotFound(
                    await client.get(JobController.jobs, namespace: cronJob.namespace, name: name)), job.uid == uid
            else { continue }
            jobs.append(job)
        }
        return jobs
    }

    private func delete(_ job: Value, of cronJob: Value) async throws(APIStatus) {
        do throws(APIStatus) {
            try await client.delete(
                JobController.jobs, namespace: job.namespace, name: job.name,
                options: DeleteOptions(uid: job.uid, propagationPolicy: "Background"))
        } catch {
            if error.code == 404 { return }
            record("Warning", "FailedDelete", "Deleted job: \(error.message)", cronJob)
            throw error
        }
        record("Normal", "SuccessfulDelete", "Deleted job \(job.name)", cronJob)
    }

    private func start(_ plan: inout CronJobReconciler.Plan, _ cronJob: Value) async throws(APIStatus) {
        guard let job = plan.start, let due = plan.startedFor else { return }
        let created: Value
        do throws(APIStatus) {
            created = try await client.create(JobController.jobs, namespace: cronJob.namespace, job)
            record("Normal", "SuccessfulCreate", "Created job \(created.name)", cronJob)
        } catch {
            if error.isNamespaceTerminating { return }
            guard error.reason == "AlreadyExists" else {
                record("Warning", "FailedCreate", "Error creating job: \(error.message)", cronJob)
                throw error
            }
            // Created earlier, but not recorded in the status because the program was stopped in between.
            created = try await client.get(JobController.jobs, namespace: cronJob.namespace, name: job.name)
            guard created.controllerRef?.uid == cronJob.uid else { throw error }
        }
        var reference: Object = [
            "kind": "Job", "apiVersion": "batch/v1", "name": .string(created.name),
            "namespace": .string(created.namespace), "uid": .string(created.uid),
        ]
        reference["resourceVersion"] = created.at("metadata", "resourceVersion")
        plan.status["active"] = .array((plan.status["active"]?.array ?? []) + [.object(reference)])
        plan.status["lastScheduleTime"] = .string(due.rfc3339)
    }

    private func record(_ type: String, _ reason: String, _ message: String, _ cronJob: Value) {
        recorder.event(about: cronJob, type: type, reason: reason, message: message)
    }
}
