import FairleadClient
import FairleadControllers
import FairleadModel

/// One step of a Job: pods to create and to delete, finished pods that have been counted, and the status. Pure.
///
/// A finished pod keeps the finalizer `batch.kubernetes.io/job-tracking` until its uid is in
/// `status.uncountedTerminatedPods`, or its index in `status.completedIndexes`; once the finalizer is gone, it has been
/// counted for good. So no pod is lost or counted twice.
/// Reference: "Jobs" concept page; KEP-2307, KEP-3329, KEP-3850, KEP-3998; k8s.io/kubernetes `pkg/controller/job`.
struct JobReconciler {
    struct Plan {
        var create: [Value] = []
        /// Pods to delete that count as failed, unless the Job has succeeded.
        var delete: [Value] = []
        /// Pods to delete that do not count: there are too many, or the Job is suspended.
        var discard: [Value] = []
        /// Pods to remove the finalizer from.
        var untrack: [Value] = []
        var status: Value
        var events: [Event] = []
        /// Pods are missing, but too many are still waiting for a node.
        var isHeldBack = false
        var again: Duration?
    }

    struct Event: Equatable {
        var type: String
        var reason: String
        var message: String
    }

    /// The Job's outcome, which is known before its last pods have ended.
    struct Decision: Equatable {
        var isSuccess: Bool
        var reason: String
        var message: String
    }

    /// The maximum number of uncounted pods in the status.
    private static let mostUncounted = 500

    let job: Value
    let now: Timestamp
    private let pods: [JobPod]
    private let active: [JobPod]
    private let terminating: Int64
    private let rules: PodFailureRules
    private let indexes: JobIndexes?
    private let onlyReplacesFailed: Bool

    init(job: Value, pods: [Value], now: Timestamp) {
        self.job = job
        self.now = now
        let onlyReplacesFailed = job.at("spec", "podReplacementPolicy")?.string == "Failed"
        self.onlyReplacesFailed = onlyReplacesFailed
        let all = pods.map { JobPod($0, countsTerminating: !onlyReplacesFailed) }
        self.pods = all
        active = all.filter(\.isActive)
        terminating = Int64(all.count { $0.isTerminating })
        rules = PodFailureRules(of: job)
        indexes = JobIndexes(job, all, rules)
    }

    private var isSuspended: Bool { job.flag("spec", "suspend") }
    static func isFinished(_ job: Value) -> Bool {
        let conditions = Conditions(of: job)
        return conditions.isTrue("Complete") || conditions.isTrue("Failed")
    }

    /// Whether another controller manages the Job.
    static func isManagedElsewhere(_ job: Value) -> Bool {
        let manager = job.at("spec", "managedBy")?.string ?? "kubernetes.io/job-controller"
        return manager != "kubernetes.io/job-controller"
    }

    /// - Parameter isUpToDate: whether the cache shows all the changes that the last pass made to the pods.
    func plan(isUpToDate: Bool) -> Plan {
        var plan = Plan(status: job["status"] ?? .object(Object()))
        if Self.isFinished(job) {
            plan.untrack = pods.filter { $0.isTracked && !$0.isActive }.map(\.value)
            return plan
        }
        var conditions = Conditions(of: job)
        if plan.status["startTime"] == nil, !isSuspended { plan.status["startTime"] = .string(now.rfc3339) }
        var tally = Tally(job, pods)
        let succeeded = indexes?.succeeded.count ?? tally.succeeded
        var decision = self.decision(conditions, failed: tally.failed(with: newFailures(tally)), &plan)
        if decision != nil {
            plan.delete = active.map(\.value)
        } else if isUpToDate, job.deletionTimestamp == nil {
            manage(&plan, succeeded: succeeded, failures: pods.filter(\.isFailed))
        }
        let remaining = active.count -| plan.discard.count
        if decision == nil, isComplete(succeeded: succeeded, active: remaining +| plan.create.count) {
            decision = Decision(
                isSuccess: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods")
        } else if decision == nil, isUpToDate, job.deletionTimestamp == nil {
            setSuspended(&plan, &conditions)
        }
        let isFinishing = decision != nil && isUpToDate
        count(&tally, &plan, decision: isFinishing ? decision : nil)
        if let decision, isFinishing {
            finish(&plan, &conditions, decision, isSettled: tally.isSettled && active.isEmpty && terminating == 0)
        }
        write(tally, conditions, &plan)
        return plan
    }

    // MARK: Whether the Job is over

    private func decision(_ conditions: Conditions, failed: Int64, _ plan: inout Plan) -> Decision? {
        for (type, isSuccess) in [("SuccessCriteriaMet", true), ("FailureTarget", false)] where conditions.isTrue(type)
        {
            let condition = conditions[type] ?? .null
            return Decision(isSuccess: isSuccess, reason: condition.text("reason"), message: condition.text("message"))
        }
        for pod in pods where pod.isFailed {
            let match = rules.match(pod.value)
            if match.action == .failJob { return failure("PodFailurePolicy", match.message) }
        }
        if let found = limitFailure(failed: failed, &plan) ?? indexes?.failure(of: job) {
            return failure(found.reason, found.message)
        }
        return indexes?.success(of: job).map { Decision(isSuccess: true, reason: "SuccessPolicy", message: $0) }
    }

    private func failure(_ reason: String, _ message: String) -> Decision {
        Decision(isSuccess: false, reason: reason, message: message)
    }

    private func limitFailure(failed: Int64, _ plan: inout Plan) -> (reason: String, message: String)? {
        let most = job.at("spec", "backoffLimit")?.int ?? 6
        if failed > most || restarts >= max(most, 1) {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        guard let seconds = job.at("spec", "activeDeadlineSeconds")?.int, !isSuspended,
            let start = Timestamp(rfc3339: plan.status["startTime"]?.string ?? "")
        else { return nil }
        let limit: Duration = .seconds(saturating: Double(seconds))
        let rest = limit - now.duration(since: start)
        if rest <= .zero { return ("DeadlineExceeded", "Job was active longer than specified deadline") }
        plan.again = rest
        return nil
    }

    /// Restarts of containers, which take the place of new pods with `restartPolicy: OnFailure`.
    private var restarts: Int64 {
        guard job.at("spec", "template", "spec", "restartPolicy")?.string == "OnFailure" else { return 0 }
        let running = pods.filter { ["Running", "Pending"].contains($0.view.phase) }
        return running.flatMap { pod in
            ["initContainerStatuses", "containerStatuses"].flatMap { pod.value.items("status", $0) }
        }.compactMap { $0["restartCount"]?.int }.saturatingSum()
    }

    private func isComplete(succeeded: Int64, active: Int) -> Bool {
        guard let completions = job.at("spec", "completions")?.int else { return succeeded > 0 && active == 0 }
        return succeeded >= completions && active == 0
    }

    private func newFailures(_ tally: Tally) -> Int64 {
        Int64(
            pods.count { pod in
                pod.isTracked && pod.isFailed && !tally.isKnown(pod) && indexes?.isValid(pod.index) != false
                    && rules.match(pod.value).counts
            })
    }

    // MARK: How many pods there should be

    private func manage(_ plan: inout Plan, succeeded: Int64, failures: [JobPod]) {
        if isSuspended {
            plan.discard = active.map(\.value)
            return
        }
        let parallelism = job.at("spec", "parallelism")?.int ?? 1
        let count = Int64(active.count)
        let wanted: Int64
        if let completions = job.at("spec", "completions")?.int {
            wanted = max(0, min(parallelism, completions -| succeeded))
        } else {
            wanted = succeeded > 0 ? count : parallelism
        }
        plan.discard = Array(surplus(atLeast: Int(clamping: max(0, count -| wanted))).prefix(CreationBurst.size))
        if !plan.discard.isEmpty { return }
        let missing = wanted -| count -| (onlyReplacesFailed ? terminating : 0)
        if missing > 0 { create(&plan, Int(clamping: missing), failures) }
    }

    private func surplus(atLeast count: Int) -> [Value] {
        let first = indexes?.superfluous(active) ?? []
        if first.count >= count { return first.map(\.value) }
        let gone = Set(first.map(\.uid))
        let left = active.map(\.value).filter { !gone.contains($0.uid) }
        return first.map(\.value) + PodRanking.victims(among: left, related: left, count: count -| first.count)
    }

    private func create(_ plan: inout Plan, _ missing: Int, _ failures: [JobPod]) {
        let isPerIndex = indexes?.failed != nil
        let backoff = JobBackoff(now: now)
        if !isPerIndex, let wait = backoff.remaining(pods) {
            plan.again = min(plan.again ?? wait, wait)
            return
        }
        let allowed = CreationBurst.allowed(missing: missing, pods: active.map(\.value))
        let template = JobPodTemplate(job)
        if let indexes {
            let busy = active + (onlyReplacesFailed ? pods.filter(\.isTerminating) : [])
            let wanted = indexes.missing(allowed, besides: busy.compactMap(\.index))
            let waits = wanted.map { backoff.remaining(after: indexes.lastFailed[$0]) }
            let ready = zip(wanted, waits).filter { $0.1 == nil }.map(\.0)
            if ready.isEmpty, let wait = waits.compactMap({ $0 }).min() { plan.again = min(plan.again ?? wait, wait) }
            plan.create = ready.map { index in
                template.pod(index: index, replacing: indexes.lastFailed[index], isPerIndex ? rules : nil)
            }
        } else {
            plan.create = Array(repeating: template.pod(), count: allowed)
        }
        plan.isHeldBack = allowed == 0
    }

    // MARK: The status

    /// Records in the conditions whether the Job is suspended.
    private func setSuspended(_ plan: inout Plan, _ conditions: inout Conditions) {
        if isSuspended {
            plan.status["startTime"] = nil
            guard ensure("Suspended", "True", "JobSuspended", "Job suspended", &conditions) else { return }
            plan.events.append(Event(type: "Normal", reason: "Suspended", message: "Job suspended"))
        } else if conditions["Suspended"] != nil {
            guard ensure("Suspended", "False", "JobResumed", "Job resumed", &conditions) else { return }
            plan.events.append(Event(type: "Normal", reason: "Resumed", message: "Job resumed"))
            plan.status["startTime"] = .string(now.rfc3339)
        }
    }

    /// Sets the condition; returns false if nothing has changed.
    private func ensure(
        _ type: String, _ status: String, _ reason: String, _ message: String, _ conditions: inout Conditions
    ) -> Bool {
        let old = conditions[type] ?? .null
        if old.text("status") == status, old.text("reason") == reason, old.text("message") == message { return false }
        let time: Value = .string(now.rfc3339)
        conditions.put([
            "type": .string(type), "status": .string(status), "reason": .string(reason), "message": .string(message),
            "lastProbeTime": time, "lastTransitionTime": time,
        ])
        return true
    }

    /// Counts pods that have ended.
    private func count(_ tally: inout Tally, _ plan: inout Plan, decision: Decision?) {
        for pod in pods where pod.isTracked {
            if tally.isKnown(pod) {
                plan.untrack.append(pod.value)
                continue
            }
            guard mayUntrack(pod, isFinishing: decision != nil) else { continue }
            if tally.uncountedCount >= Self.mostUncounted { return }
            plan.untrack.append(pod.value)
            if pod.isSucceeded {
                if indexes == nil { tally.noteSuccess(pod) }
            } else if pod.isFailed || decision?.isSuccess == false, indexes?.isValid(pod.index) != false,
                rules.match(pod.value).counts
            {
                tally.noteFailure(pod)
            }
        }
    }

    private func mayUntrack(_ pod: JobPod, isFinishing: Bool) -> Bool {
        if job.deletionTimestamp != nil || isFinishing || pod.isSucceeded { return true }
        guard pod.isFailed else { return false }
        return pod.index.flatMap { indexes?.lastFailed[$0] }?.uid != pod.uid
    }

    /// The decision is recorded first; once all pods are gone and counted, it becomes final.
    private func finish(
        _ plan: inout Plan, _ conditions: inout Conditions, _ decision: Decision, isSettled: Bool
    ) {
        let interim = decision.isSuccess ? "SuccessCriteriaMet" : "FailureTarget"
        if ensure(interim, "True", decision.reason, decision.message, &conditions) || !isSettled { return }
        _ = ensure(
            decision.isSuccess ? "Complete" : "Failed", "True", decision.reason, decision.message, &conditions)
        guard decision.isSuccess else {
            plan.events.append(Event(type: "Warning", reason: decision.reason, message: decision.message))
            return
        }
        plan.status["completionTime"] = .string(now.rfc3339)
        if let completions = job.at("spec", "completions")?.int, (plan.status["succeeded"]?.int ?? 0) > completions {
            plan.events.append(
                Event(
                    type: "Warning", reason: "TooManySucceededPods",
                    message: "Too many succeeded pods running after completion count reached"))
        }
        plan.events.append(Event(type: "Normal", reason: "Completed", message: "Job completed"))
    }

    private func write(_ tally: Tally, _ conditions: Conditions, _ plan: inout Plan) {
        func count(_ number: Int64) -> Value? { number == 0 ? nil : .int32(number) }
        let gone = Set((plan.discard + plan.delete).map(\.uid))
        let left = active.filter { !gone.contains($0.uid) }
        plan.status["active"] = count(Int64(left.count))
        plan.status["ready"] = .int(Int64(left.count { $0.view.isReady }))
        plan.status["terminating"] = .int(terminating)
        plan.status["failed"] = count(tally.countedFailed)
        plan.status["uncountedTerminatedPods"] = tally.uncounted
        plan.status["conditions"] = conditions.value
        guard let indexes else {
            plan.status["succeeded"] = count(tally.countedSucceeded)
            return
        }
        plan.status["succeeded"] = count(indexes.succeeded.count)
        let text = indexes.succeeded.text
        plan.status["completedIndexes"] = text.isEmpty ? nil : .string(text)
        plan.status["failedIndexes"] = indexes.failed.map { .string($0.text) }
    }
}
