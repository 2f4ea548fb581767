import FairleadModel
import Testing

@testable import FairleadBatch

/// What a CronJob does at a moment.
@Suite struct CronJobReconcilerTests {
    /// A Thursday.
    private static let midnight = Timestamp(rfc3339: "2026-01-01T00:00:00Z") ?? Timestamp(seconds: 0)

    private func cronJob(_ spec: Object = [:], status: Value = [:]) -> Value {
        var all: Object = ["schedule": "*/5 * * * *", "concurrencyPolicy": "Allow", "jobTemplate": ["spec": [:]]]
        for (key, value) in spec { all[key] = value }
        return [
            "metadata": [
                "name": "c", "namespace": "n", "uid": "u", "creationTimestamp": .string(Self.midnight.rfc3339),
            ], "spec": .object(all), "status": status,
        ]
    }

    private func plan(_ cronJob: Value, _ jobs: [Value] = [], after seconds: Double) -> CronJobReconciler.Plan {
        CronJobReconciler(cronJob: cronJob, jobs: jobs, now: Self.midnight.adding(seconds: seconds)).plan()
    }

    private func job(_ name: String, _ ending: String? = nil) -> Value {
        var job: Value = ["metadata": ["name": .string(name), "uid": .string(name)], "status": [:]]
        if let ending {
            job["status"] = [
                "conditions": [["type": .string(ending), "status": "True"]],
                "startTime": .string("2026-01-01T00:0\(name.last ?? "0"):00Z"),
                "completionTime": .string("2026-01-01T00:0\(name.last ?? "0"):30Z"),
            ]
        }
        return job
    }

    private func active(_ names: String...) -> Value {
        ["active": .array(names.map { ["name": .string($0), "uid": .string($0)] })]
    }

    @Test func startsTheLastJobThatWasDue() {
        #expect(plan(cronJob(), after: 60).start == nil)
        #expect(plan(cronJob(), after: 60).again == .seconds(240) + .milliseconds(100))
        let due = plan(cronJob(), after: 660)
        let minutes = Self.midnight.seconds / 60 + 10
        #expect(due.start?.name == "c-\(minutes)")
        #expect(
            due.start?.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-01-01T00:10:00Z")
        #expect(due.start?.controllerRef?.kind == "CronJob")
        let berlin = plan(cronJob(["timeZone": "Europe/Berlin"]), after: 660)
        #expect(
            berlin.start?.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"]
                == "2026-01-01T01:10:00+01:00")
    }

    @Test func startsNothingTwiceSuspendedOrTooLate() {
        let done: Value = ["lastScheduleTime": "2026-01-01T00:10:00Z"]
        #expect(plan(cronJob(status: done), after: 660).start == nil)
        #expect(plan(cronJob(["suspend": true]), after: 660).start == nil)
        #expect(plan(cronJob(["suspend": true]), after: 660).again == nil)
        #expect(plan(cronJob(["startingDeadlineSeconds": 10]), after: 660).start == nil)
        #expect(plan(cronJob(["timeZone": "Nowhere"]), after: 660).events.map(\.reason) == ["UnknownTimeZone"])
        #expect(plan(cronJob(["schedule": "x"]), after: 660).events.map(\.reason) == ["UnparseableSchedule"])
    }

    @Test func concurrencyPolicyDecides() {
        let running = active("c-1")
        let forbidden = plan(cronJob(["concurrencyPolicy": "Forbid"], status: running), [job("c-1")], after: 660)
        #expect(forbidden.start == nil)
        #expect(forbidden.events.map(\.reason) == ["JobAlreadyActive"])
        let replaced = plan(cronJob(["concurrencyPolicy": "Replace"], status: running), [job("c-1")], after: 660)
        #expect(replaced.delete.map(\.name) == ["c-1"])
        #expect(replaced.start != nil)
        #expect(replaced.status["active"] == nil)
    }

    @Test func oldJobsGoAndEndingsAreSeen() {
        let jobs = [job("c-1", "Complete"), job("c-3", "Complete"), job("c-2", "Complete"), job("c-4", "Failed")]
        let spec: Object = ["successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1, "suspend": true]
        let plan = plan(cronJob(spec, status: active("c-3", "c-9")), jobs, after: 60)
        #expect(plan.delete.map(\.name) == ["c-1", "c-2"])
        #expect(plan.status["lastSuccessfulTime"] == "2026-01-01T00:03:30Z")
        #expect(
            plan.events.map(\.message) == [
                "Saw completed job: c-3, condition: Complete", "Active job went missing: c-9",
            ])
        #expect(plan.status["active"] == nil)
    }

    @Test func manyMissedTimesAreTold() {
        let plan = plan(cronJob(["schedule": "* * * * *"]), after: 7200)
        #expect(plan.events.map(\.reason) == ["TooManyMissedTimes"])
        #expect(plan.start != nil)
    }
}
