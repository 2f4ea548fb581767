import FairleadModel

/// What a CronJob needs now: its status, Jobs to delete, a Job to start, and when to look again. Pure.
///
/// Reference: "CronJob" concept page; k8s.io/kubernetes `pkg/controller/cronjob`.
struct CronJobReconciler {
    struct Event: Equatable {
        var type = "Normal"
        var reason: String
        var message: String
    }

    struct Plan {
        /// Does not list the Job to start yet.
        var status: Value
        /// Finished Jobs beyond the history limits, and Jobs that are replaced.
        var delete: [Value] = []
        /// The Job to start, and the time for which it was scheduled.
        var start: Value?
        var startedFor: Timestamp?
        var events: [Event] = []
        var again: Duration?
    }

    /// A Job is named after the minute it is due, so it starts shortly after that minute has begun.
    private static let delay = Duration.milliseconds(100)
    private static let manyMissed: Int64 = 100

    let cronJob: Value
    /// The Jobs that the CronJob controls.
    let jobs: [Value]
    let now: Timestamp

    private func ending(of job: Value) -> String? {
        job.items("status", "conditions").first {
            ["Complete", "Failed"].contains($0["type"]?.string) && $0["status"]?.string == "True"
        }?["type"]?.string
    }

    func plan() -> Plan {
        var plan = Plan(status: cronJob["status"] ?? .object(Object()))
        var active = cronJob.items("status", "active")
        deleteOld(&plan, &active)
        observe(&plan, &active)
        if cronJob.deletionTimestamp == nil { schedule(&plan, &active) }
        plan.status["active"] = active.isEmpty ? nil : .array(active)
        return plan
    }

    // MARK: Existing Jobs

    /// Deletes the oldest finished Jobs beyond the history limits.
    private func deleteOld(_ plan: inout Plan, _ active: inout [Value]) {
        for (ending, field) in [("Failed", "failedJobsHistoryLimit"), ("Complete", "successfulJobsHistoryLimit")] {
            guard let limit = cronJob.at("spec", field)?.int else { continue }
            let finished = jobs.filter { self.ending(of: $0) == ending }
            let oldestFirst = finished.sorted {
                ($0.text("status", "startTime"), $0.name) < ($1.text("status", "startTime"), $1.name)
            }
            for job in oldestFirst.prefix(max(0, finished.count -| Int(clamping: limit))) {
                plan.delete.append(job)
                active.removeAll { $0["uid"]?.string == job.uid }
            }
        }
    }

    /// Records which Jobs have finished or are missing.
    private func observe(_ plan: inout Plan, _ active: inout [Value]) {
        for job in jobs {
            let isListed = cronJob.items("status", "active").contains { $0["uid"]?.string == job.uid }
            let ending = ending(of: job)
            if isListed, let ending {
                active.removeAll { $0["uid"]?.string == job.uid }
                plan.events.append(
                    Event(
                        reason: "SawCompletedJob", message: "Saw completed job: \(job.name), condition: \(ending)"))
            } else if !isListed, ending == nil {
                plan.events.append(
                    Event(
                        type: "Warning", reason: "UnexpectedJob",
                        message: "Saw a job that the controller did not create or forgot: \(job.name)"))
            }
            guard ending == "Complete", let end = job.at("status", "completionTime")?.string,
                let time = Timestamp(rfc3339: end)
            else { continue }
            let last = Timestamp(rfc3339: plan.status["lastSuccessfulTime"]?.string ?? "")
            if last.map({ $0 < time }) ?? true { plan.status["lastSuccessfulTime"] = .string(end) }
        }
        let present = Set(jobs.map(\.uid))
        for reference in active where !present.contains(reference["uid"]?.string ?? "") {
            let name = reference["name"]?.string ?? ""
            plan.events.append(Event(reason: "MissingJob", message: "Active job went missing: \(name)"))
        }
        active.removeAll { !present.contains($0["uid"]?.string ?? "") }
    }

    // MARK: The next Job

    private func schedule(_ plan: inout Plan, _ active: inout [Value]) {
        let zoneName = cronJob.at("spec", "timeZone")?.string
        guard let zone = zoneName.map({ TimeZoneRules(named: $0) }) ?? .utc else {
            let name = zoneName ?? ""
            plan.events.append(
                Event(
                    type: "Warning", reason: "UnknownTimeZone",
                    message: "invalid timeZone: \(name.goQuoted): unknown time zone \(name)"))
            return
        }
        if cronJob.flag("spec", "suspend") { return }
        let text = cronJob.text("spec", "schedule")
        let schedule: CronSchedule
        do {
            schedule = try CronSchedule(text, zone: zone)
        } catch {
            plan.events.append(
                Event(
                    type: "Warning", reason: "UnparseableSchedule",
                    message: "unparseable schedule: \(text.goQuoted) : \(error.message)"))
            return
        }
        let last = Timestamp(rfc3339: cronJob.text("status", "lastScheduleTime"))
        let origin = last ?? Timestamp(rfc3339: cronJob.creationTimestamp) ?? now
        if let next = schedule.next(after: schedule.last(after: origin, upTo: now) ?? origin) {
            plan.again = next.duration(since: now) + Self.delay
        }
        if let due = due(schedule, after: origin, &plan) { begin(due, last: last, zone, &plan, &active) }
    }

    /// The latest time at which a Job was due, unless it is past its deadline.
    private func due(_ schedule: CronSchedule, after origin: Timestamp, _ plan: inout Plan) -> Timestamp? {
        var earliest = origin
        let deadline = cronJob.at("spec", "startingDeadlineSeconds")?.int
        if let deadline {
            earliest = max(earliest, Timestamp(seconds: now.seconds -| deadline, nanoseconds: now.nanoseconds))
        }
        guard let due = schedule.last(after: earliest, upTo: now) else { return nil }
        if let first = schedule.next(after: earliest), let second = schedule.next(after: first) {
            let interval = max(1, second.seconds -| first.seconds)
            if (now.seconds -| first.seconds) / interval >= Self.manyMissed {
                plan.events.append(
                    Event(
                        type: "Warning", reason: "TooManyMissedTimes",
                        message: "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check "
                            + "clock skew"))
            }
        }
        if let deadline, due.seconds +| deadline < now.seconds {
            plan.events.append(
                Event(
                    type: "Warning", reason: "MissSchedule",
                    message: "Missed scheduled time to start a job: \(due.rfc1123)"))
            return nil
        }
        return due
    }

    private func begin(
        _ due: Timestamp, last: Timestamp?, _ zone: TimeZoneRules, _ plan: inout Plan, _ active: inout [Value]
    ) {
        let name = "\(cronJob.name)-\(due.seconds.floorDivided(by: 60))"
        if last == due || active.contains(where: { $0["name"]?.string == name }) { return }
        switch cronJob.text("spec", "concurrencyPolicy") {
        case "Forbid" where !active.isEmpty:
            plan.events.append(
                Event(
                    reason: "JobAlreadyActive",
                    message: "Not starting job because prior execution is running and concurrency policy is Forbid"))
            return
        case "Replace":
            plan.delete += jobs.filter { job in active.contains { $0["uid"]?.string == job.uid } }
            active = []
        default: break
        }
        plan.start = job(named: name, due: due, zone)
        plan.startedFor = due
    }

    private func job(named name: String, due: Timestamp, _ zone: TimeZoneRules) -> Value {
        let template = cronJob.at("spec", "jobTemplate") ?? .null
        var metadata: Object = ["name": .string(name), "namespace": .string(cronJob.namespace)]
        metadata["labels"] = template.at("metadata", "labels")
        var annotations = template.at("metadata", "annotations")?.stringMap ?? [:]
        annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = zone.rfc3339(due)
        metadata["annotations"] = Value(annotations)
        let owner = OwnerReference(
            apiVersion: "batch/v1", kind: "CronJob", name: cronJob.name, uid: cronJob.uid, controller: true,
            blockOwnerDeletion: true)
        metadata["ownerReferences"] = .array([owner.value])
        return [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": .object(metadata),
            "spec": template["spec"] ?? .object(Object()),
        ]
    }
}
