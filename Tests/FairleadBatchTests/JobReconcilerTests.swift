import FairleadModel
import Testing

@testable import FairleadBatch

/// What a Job does next, pass by pass.
@Suite struct JobReconcilerTests {
    typealias Fixture = JobFixture

    @Test func aPodIsCountedOnceAndTheJobCompletes() {
        var job = Fixture.job()
        let first = Fixture.plan(job, [])
        #expect(first.create.map(\.generateName) == ["j-"])
        #expect(first.create.first?.finalizers == [JobPod.finalizer])

        job["status"] = first.status
        let counting = Fixture.plan(job, [Fixture.pod("a", "Succeeded")])
        #expect(counting.status["uncountedTerminatedPods"] == ["succeeded": ["a"]])
        #expect(counting.untrack.map(\.name) == ["a"])
        #expect(counting.conditions == ["SuccessCriteriaMet=True CompletionsReached"])

        job["status"] = counting.status
        let last = Fixture.plan(job, [Fixture.pod("a", "Succeeded", isTracked: false)])
        #expect(last.status["succeeded"] == 1)
        #expect(last.status["uncountedTerminatedPods"] == .object(Object()))
        #expect(
            last.conditions == ["SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"])
        #expect(last.status["completionTime"] != nil)
        #expect(last.events == [.init(type: "Normal", reason: "Completed", message: "Job completed")])
    }

    @Test func failuresWaitAndThenEndTheJob() {
        let failed = Fixture.pod("a", "Failed", endedAt: Fixture.now)
        let waiting = Fixture.plan(Fixture.job(), [failed])
        #expect(waiting.create.isEmpty)
        #expect(waiting.again == .seconds(10))
        #expect(waiting.status["uncountedTerminatedPods"] == ["failed": ["a"]])
        let later = Fixture.pod("a", "Failed", endedAt: Fixture.now.adding(seconds: -11))
        #expect(Fixture.plan(Fixture.job(), [later]).create.count == 1)

        let over = Fixture.plan(Fixture.job(["backoffLimit": 0]), [failed, Fixture.pod("b", "Running")])
        #expect(over.conditions == ["FailureTarget=True BackoffLimitExceeded"])
        #expect(over.delete.map(\.name) == ["b"])
        // The pod that is stopped counts as failed, too.
        #expect(over.status["uncountedTerminatedPods"] == ["failed": ["a", "b"]])
    }

    @Test func aDeadlineEndsTheJob() {
        func job(startedAgo seconds: Double) -> Value {
            Fixture.job(
                ["activeDeadlineSeconds": 30],
                status: ["startTime": .string(Fixture.now.adding(seconds: -seconds).rfc3339)])
        }
        #expect(Fixture.plan(job(startedAgo: 30), []).conditions == ["FailureTarget=True DeadlineExceeded"])
        #expect(Fixture.plan(job(startedAgo: 10), [Fixture.pod("a", "Running")]).again == .seconds(20))
    }

    @Test func suspensionStopsPodsWithoutCountingThem() {
        var job = Fixture.job(["suspend": true], status: ["startTime": "2026-01-01T00:00:00Z"])
        let suspended = Fixture.plan(job, [Fixture.pod("a", "Running")])
        #expect(suspended.discard.map(\.name) == ["a"])
        #expect(suspended.untrack.isEmpty)
        #expect(suspended.conditions == ["Suspended=True JobSuspended"])
        #expect(suspended.status["startTime"] == nil)
        #expect(suspended.status["failed"] == nil)

        job["status"] = suspended.status
        job.set(false, at: "spec", "suspend")
        let resumed = Fixture.plan(job, [])
        #expect(resumed.conditions == ["Suspended=False JobResumed"])
        #expect(resumed.status["startTime"] == .string(Fixture.now.rfc3339))
        #expect(resumed.create.count == 1)
    }

    @Test func nothingIsMadeFromAnOldPicture() {
        #expect(Fixture.plan(Fixture.job(), [], isUpToDate: false).create.isEmpty)
    }

    @Test func indexesGetOnePodEach() {
        let pods = [Fixture.pod("a", "Running", index: 0), Fixture.pod("b", "Running", index: 0)]
        let plan = Fixture.plan(Fixture.indexed(3), pods)
        #expect(plan.discard.count == 1)
        let missing = Fixture.plan(Fixture.indexed(3), [pods[0], Fixture.pod("c", "Succeeded", index: 2)])
        #expect(missing.create.map(\.generateName) == ["j-1-"])
        #expect(missing.create.first?.annotations[JobPod.index] == "1")
        #expect(missing.create.first?.labels[JobPod.index] == "1")
        #expect(missing.create.first?.text("spec", "hostname") == "j-1")
        #expect(missing.status["completedIndexes"] == "2")
        #expect(missing.status["succeeded"] == 1)
    }

    @Test func anIndexFailsByItself() {
        let job = Fixture.indexed(2, ["backoffLimitPerIndex": 1])
        let long = Fixture.now.adding(seconds: -60)
        let again = Fixture.plan(
            job, [Fixture.pod("a", "Failed", index: 0, failures: 0, endedAt: long), Fixture.pod("b", index: 1)])
        // The failed pod stays until the next one knows of it.
        #expect(again.untrack.isEmpty)
        #expect(again.create.first?.annotations[JobPod.failureCount] == "1")
        let failed = Fixture.plan(
            job, [Fixture.pod("a", "Failed", index: 0, failures: 1, endedAt: long), Fixture.pod("b", index: 1)])
        #expect(failed.status["failedIndexes"] == "0")
        #expect(failed.create.isEmpty)
        let both = Fixture.plan(
            job,
            [
                Fixture.pod("a", "Failed", index: 0, failures: 1, endedAt: long),
                Fixture.pod("b", "Succeeded", index: 1),
            ])
        #expect(both.conditions == ["FailureTarget=True FailedIndexes"])
    }

    @Test func successPolicyEndsTheJobEarly() {
        let job = Fixture.indexed(3, ["successPolicy": ["rules": [["succeededIndexes": "0-1", "succeededCount": 1]]]])
        let pods = [Fixture.pod("a", "Succeeded", index: 1), Fixture.pod("b", "Running", index: 2)]
        let plan = Fixture.plan(job, pods)
        #expect(plan.conditions == ["SuccessCriteriaMet=True SuccessPolicy"])
        #expect(plan.delete.map(\.name) == ["b"])
        // What is stopped because enough has succeeded has not failed.
        #expect(plan.status["uncountedTerminatedPods"] == .object(Object()))
    }

    @Test(arguments: [
        (42, "FailJob", "FailureTarget=True PodFailurePolicy", 1), (7, "Ignore", "", 0), (1, "Count", "", 1),
    ])
    func failurePolicyDecidesByExitCode(code: Int64, action: String, condition: String, counted: Int) {
        let policy: Value = [
            "rules": [
                [
                    "action": .string(action),
                    "onExitCodes": ["operator": "In", "containerName": "c", "values": [.int(code)]],
                ]
            ]
        ]
        let job = Fixture.job(["podFailurePolicy": policy, "podReplacementPolicy": "Failed"])
        let plan = Fixture.plan(job, [Fixture.pod("a", "Failed", exitCode: code)])
        #expect(plan.conditions.joined() == condition)
        #expect((plan.status.at("uncountedTerminatedPods", "failed")?.array ?? []).count == counted)
        #expect(plan.untrack.map(\.name) == ["a"])
        if !condition.isEmpty {
            #expect(
                plan.status.items("conditions").first?.text("message")
                    == "Container c for pod n/a failed with exit code 42 matching FailJob rule at index 0")
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 2_147_483_647, Int64.max])
    func planWithAnyNumber(number: Int64) {
        for other in [Int64.min, -1, 0, 1, 2_147_483_647, Int64.max] {
            let spec: Object = [
                "parallelism": .int(number), "completions": .int(other), "backoffLimit": .int(number),
                "activeDeadlineSeconds": .int(number), "backoffLimitPerIndex": .int(other),
                "maxFailedIndexes": .int(number), "completionMode": .string(number < 0 ? "NonIndexed" : "Indexed"),
            ]
            let status: Value = [
                "succeeded": .int(other), "failed": .int(number), "startTime": "0001-01-01T00:00:00Z",
                "completedIndexes": .string("0-\(other)"), "failedIndexes": .string("1,\(number)"),
                "uncountedTerminatedPods": ["succeeded": ["gone", "gone too"], "failed": ["gone as well"]],
            ]
            let pods = [
                Fixture.pod("a", index: number), Fixture.pod("b", "Failed", index: other, failures: number),
            ]
            let plan = Fixture.plan(Fixture.job(spec, status: status), pods)
            #expect(plan.create.count <= 500)
            // The API refuses what has more than 32 bits, and would refuse it for ever.
            for field in ["succeeded", "failed", "active", "ready", "terminating"] {
                #expect(plan.status[field]?.int.map { Int32(exactly: $0) != nil } ?? true)
            }
        }
    }
}
