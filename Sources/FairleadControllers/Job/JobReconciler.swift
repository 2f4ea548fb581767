import FairleadClient
import FairleadModel

/// One step of a Job: pods to make and to delete, pods whose end has been counted, and the status. Pure.
///
/// A finished pod keeps the finalizer `batch.kubernetes.io/job-tracking` until its uid stands in
/// `status.uncountedTerminatedPods`; it is counted for good when the finalizer is gone. So none is lost or counted
/// twice.
/// Reference: "Jobs" concept page; KEP-2307. Indexed jobs and pod failure policies are not implemented.
struct JobReconciler {
    static let finalizer = "batch.kubernetes.io/job-tracking"

    struct Plan {
        var create: [Value] = []
        var delete: [Value] = []
        /// Pods to take the finalizer from.
        var untrack: [Value] = []
        var status: Value
        var isNewlyComplete = false
        /// Pods are missing, but too many wait for a node already.
        var isHeldBack = false
        var again: Duration?
    }

    private struct Tally {
        var counted: Int64
        var uncounted: [String]
        var total: Int64 { counted +| Int64(uncounted.count) }
    }

    let job: Value
    let pods: [Value]
    let now: Timestamp

    private func isTracked(_ pod: Value) -> Bool { pod.finalizers.contains(Self.finalizer) }
    private var isSuspended: Bool { job.flag("spec", "suspend") }

    func hasCondition(_ type: String) -> Bool {
        Conditions(of: job).isTrue(type)
    }

    var isFinished: Bool { hasCondition("Complete") || hasCondition("Failed") }

    func plan() -> Plan {
        let old = job["status"] ?? .object(Object())
        let byUID = Dictionary(pods.map { ($0.uid, $0) }) { first, _ in first }
        func tally(_ field: String, _ isMeant: (PodView) -> Bool) -> Tally {
            var tally = Tally(counted: old[field]?.int ?? 0, uncounted: [])
            for uid in old.texts("uncountedTerminatedPods", field) {
                if let pod = byUID[uid], isTracked(pod) {
                    tally.uncounted.append(uid)
                } else {
                    tally.counted = tally.counted +| 1
                }
            }
            for pod in pods where isTracked(pod) && isMeant(PodView(pod)) && !tally.uncounted.contains(pod.uid) {
                tally.uncounted.append(pod.uid)
            }
            return tally
        }
        let succeeded = tally("succeeded") { $0.phase == "Succeeded" }
        let failed = tally("failed") { $0.phase == "Failed" || ($0.isTerminating && $0.phase != "Succeeded") }
        let active = pods.filter { PodView($0).isActive }
        let terminating = pods.filter { PodView($0).isTerminating && !PodView($0).isFinished }
        let known = Set(
            old.texts("uncountedTerminatedPods", "succeeded") + old.texts("uncountedTerminatedPods", "failed"))

        var plan = Plan(status: old)
        plan.untrack = pods.filter { isTracked($0) && (known.contains($0.uid) || isFinished && !PodView($0).isActive) }
        var conditions = Conditions(of: job)
        if !isFinished, job.deletionTimestamp == nil {
            decide(&plan, &conditions, succeeded: succeeded, failed: failed, active: active)
        }
        let isSettled = succeeded.uncounted.isEmpty && failed.uncounted.isEmpty && active.isEmpty && terminating.isEmpty
        if isSettled, !isFinished { finish(&plan, &conditions) }

        var status = plan.status.object ?? Object()
        func count(_ number: Int64) -> Value? { number == 0 ? nil : .int(number) }
        func uids(_ tally: Tally) -> Value? {
            tally.uncounted.isEmpty ? nil : .array(tally.uncounted.map(Value.string))
        }
        if status["startTime"] == nil, !isSuspended { status["startTime"] = .string(now.rfc3339) }
        status["active"] = count(Int64(active.count))
        status["ready"] = .int(Int64(active.count { PodView($0).isReady }))
        status["terminating"] = .int(Int64(terminating.count))
        status["succeeded"] = count(succeeded.counted)
        status["failed"] = count(failed.counted)
        var uncounted = Object()
        uncounted["succeeded"] = uids(succeeded)
        uncounted["failed"] = uids(failed)
        status["uncountedTerminatedPods"] = .object(uncounted)
        status["conditions"] = conditions.value
        plan.status = .object(status)
        return plan
    }

    /// Whether the job has succeeded or failed, or which pods it needs.
    private func decide(
        _ plan: inout Plan, _ conditions: inout Conditions, succeeded: Tally, failed: Tally, active: [Value]
    ) {
        let parallelism = job.at("spec", "parallelism")?.int ?? 1
        let completions = job.at("spec", "completions")?.int
        if hasCondition("SuccessCriteriaMet") || hasCondition("FailureTarget") {
            plan.delete = active
            return
        }
        if let failure = failure(failedPods: failed.total, active: active) {
            add("FailureTarget", reason: failure.reason, message: failure.message, to: &conditions)
            plan.delete = active
            return
        }
        if completions.map({ succeeded.total >= $0 }) ?? (succeeded.total > 0 && active.isEmpty) {
            add(
                "SuccessCriteriaMet", reason: "CompletionsReached",
                message: "Reached expected number of succeeded pods", to: &conditions)
            plan.delete = active
            return
        }
        if isSuspended {
            plan.delete = active
            return
        }
        let wanted: Int64
        if let completions {
            wanted = min(parallelism, completions -| succeeded.total)
        } else {
            wanted = succeeded.total > 0 ? Int64(active.count) : parallelism
        }
        let missing = wanted -| Int64(active.count)
        if missing < 0 {
            plan.delete = Array(active.sorted { $0.creationTimestamp > $1.creationTimestamp }.prefix(Int(0 -| missing)))
        } else if missing > 0 {
            if let wait = backoff(failures: failed.total) {
                plan.again = wait
            } else {
                plan.create = Array(
                    repeating: newPod(), count: CreationBurst.allowed(missing: Int(missing), pods: active))
                plan.isHeldBack = plan.create.isEmpty
            }
        }
    }

    private func failure(failedPods: Int64, active: [Value]) -> (reason: String, message: String)? {
        let limit = job.at("spec", "backoffLimit")?.int ?? 6
        let restarts = active.map { PodView($0).restarts }.saturatingSum()
        if failedPods > limit || restarts > 0 && restarts >= max(limit, 1) {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let deadline = job.at("spec", "activeDeadlineSeconds")?.int,
            let start = Timestamp(rfc3339: job.text("status", "startTime")),
            now.duration(since: start) >= .seconds(saturating: Double(deadline))
        {
            return ("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        return nil
    }

    /// How long to wait before another pod may follow failed ones: until 10 s, 20 s, 40 s … 600 s after the last of them.
    private func backoff(failures: Int64) -> Duration? {
        guard failures > 0 else { return nil }
        let ends = pods.filter { PodView($0).phase == "Failed" }.compactMap { pod in
            pod.items("status", "containerStatuses").compactMap {
                $0.at("state", "terminated", "finishedAt")?.string.flatMap { Timestamp(rfc3339: $0) }
            }.max() ?? Timestamp(rfc3339: pod.creationTimestamp)
        }
        guard let last = ends.max() else { return nil }
        let delay = Backoff(first: .seconds(10), maximum: .seconds(600)).delay(
            afterFailures: Int(clamping: failures -| 1))
        let wait = now.remaining(of: delay, since: last)
        return wait > .zero ? wait : nil
    }

    /// All pods are gone or counted: what has been decided becomes final.
    private func finish(_ plan: inout Plan, _ conditions: inout Conditions) {
        for (decision, final) in [("SuccessCriteriaMet", "Complete"), ("FailureTarget", "Failed")] {
            guard hasCondition(decision), let condition = conditions[decision] else { continue }
            add(final, reason: condition.text("reason"), message: condition.text("message"), to: &conditions)
            if final == "Complete" {
                plan.status["completionTime"] = .string(now.rfc3339)
                plan.isNewlyComplete = true
            }
        }
    }

    private func add(_ type: String, reason: String, message: String, to conditions: inout Conditions) {
        conditions.set(
            type, "True", reason: reason, message: message, more: ["lastProbeTime": .string(now.rfc3339)], now: now)
    }

    private func newPod() -> Value {
        var pod = PodFactory.pod(
            from: job.at("spec", "template") ?? .object(Object()), owner: job, kind: "Job", apiVersion: "batch/v1")
        pod.finalizers = pod.finalizers + [Self.finalizer]
        return pod
    }
}
