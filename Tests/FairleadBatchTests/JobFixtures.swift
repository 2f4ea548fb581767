import FairleadModel

@testable import FairleadBatch

enum JobFixture {
    static let now = Timestamp(seconds: 1_800_000_000)

    static func job(_ spec: Object = [:], status: Value = [:], annotations: [String: String] = [:]) -> Value {
        var all: Object = ["parallelism": 1, "backoffLimit": 6, "template": ["spec": ["restartPolicy": "Never"]]]
        if spec["parallelism"] == nil { all["completions"] = 1 }
        for (key, value) in spec { all[key] = value }
        return [
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": ["name": "j", "namespace": "n", "uid": "u"], "spec": .object(all), "status": status,
        ]
    }

    static func indexed(_ completions: Int64, _ more: Object = [:], status: Value = [:]) -> Value {
        var spec: Object = [
            "completionMode": "Indexed", "completions": .int(completions), "parallelism": .int(completions),
        ]
        for (key, value) in more { spec[key] = value }
        return job(spec, status: status)
    }

    static func pod(
        _ name: String, _ phase: String = "Pending", index: Int64? = nil, isTracked: Bool = true,
        exitCode: Int64? = nil, failures: Int64? = nil, endedAt: Timestamp? = nil
    ) -> Value {
        var pod: Value = [
            "metadata": [
                "name": .string(name), "namespace": "n", "uid": .string(name),
                "creationTimestamp": .string(Timestamp(seconds: now.seconds - 100).rfc3339),
            ],
            "status": ["phase": .string(phase)],
        ]
        if isTracked { pod.finalizers = [JobPod.finalizer] }
        if let index { pod.annotations[JobPod.index] = "\(index)" }
        if let failures { pod.annotations[JobPod.failureCount] = "\(failures)" }
        var ended: Object = ["exitCode": .int(exitCode ?? 1)]
        if let endedAt { ended["finishedAt"] = .string(endedAt.rfc3339) }
        if exitCode != nil || endedAt != nil {
            pod.set(
                [["name": "c", "state": ["terminated": .object(ended)]]], at: "status", "containerStatuses")
        }
        return pod
    }

    static func plan(_ job: Value, _ pods: [Value], isUpToDate: Bool = true) -> JobReconciler.Plan {
        JobReconciler(job: job, pods: pods, now: now).plan(isUpToDate: isUpToDate)
    }
}

extension JobReconciler.Plan {
    var conditions: [String] {
        status.items("conditions").map { "\($0.text("type"))=\($0.text("status")) \($0.text("reason"))" }
    }
}
