import FairleadModel
import FairleadKindRules
import Testing

/// What is refused in Jobs and CronJobs, beyond what is recorded.
@Suite struct BatchValidationTests {
    private let jobs = JobSpecValidation(allowsPrivileged: false)

    private func job(_ spec: Object = [:], status: Value = [:]) -> Value {
        let labels: Value = Value(
            Dictionary(uniqueKeysWithValues: JobLabels.generated(for: Self.named).map { ($0.label, $0.value) }))
        var all: Object = [
            "completions": 1, "parallelism": 1, "completionMode": "NonIndexed",
            "selector": ["matchLabels": [JobLabels.controllerUID: "u"]],
            "template": [
                "metadata": ["labels": labels],
                "spec": [
                    "restartPolicy": "Never", "dnsPolicy": "ClusterFirst",
                    "containers": [
                        [
                            "name": "c", "image": "i", "imagePullPolicy": "Always",
                            "terminationMessagePolicy": "File",
                        ]
                    ],
                ],
            ],
        ]
        for (key, value) in spec { all[key] = value }
        var job = Self.named
        job["spec"] = .object(all)
        job["status"] = status
        return job
    }

    private static let named: Value = ["metadata": ["name": "j", "namespace": "n", "uid": "u"]]

    private func texts(_ errors: [FieldError]) -> [String] { errors.map(\.description) }

    @Test func aPlainJobIsFine() { #expect(texts(jobs.errors(ofJob: job())) == []) }

    @Test(
        arguments: [
            (
                ["maxFailedIndexes": 1],
                [
                    "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
                    "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
                ]
            ),
            (
                ["managedBy": "a.example/b c"],
                [
                    "spec.managedBy: Invalid value: \"b c\": Invalid path (regex used for validation is "
                        + "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"
                ]
            ),
            (
                [
                    "completionMode": "Indexed", "parallelism": 100_001, "completions": 100_001,
                    "backoffLimitPerIndex": 1,
                ],
                [
                    "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is "
                        + "Indexed",
                    "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
                    "spec.parallelism: Invalid value: 100001: must be less than or equal to 10000 when completions are above "
                        + "100000 and used with backoff limit per index",
                ]
            ),
            (
                ["completionMode": "Odd", "podReplacementPolicy": "Odd"],
                [
                    "spec.completionMode: Unsupported value: \"Odd\": supported values: \"NonIndexed\", \"Indexed\"",
                    "spec.podReplacementPolicy: Unsupported value: \"Odd\": supported values: \"Failed\", "
                        + "\"TerminatingOrFailed\"",
                ]
            ),
            (
                ["podFailurePolicy": ["rules": [["action": "Count", "onPodConditions": [["type": "A"]]]]]],
                [
                    "spec.podFailurePolicy.rules[0].onPodConditions[0].status: Required value: valid values: [\"False\" "
                        + "\"True\" \"Unknown\"]"
                ]
            ),
        ] as [(Object, [String])])
    func refuses(spec: Object, messages: [String]) {
        #expect(texts(jobs.errors(ofJob: job(spec))) == messages)
    }

    @Test func labelsThatAreNotTheJobsOwnAreRefused() {
        var job = job()
        job.set("x", at: "spec", "template", "metadata", "labels", "job-name")
        let errors = texts(jobs.errors(ofJob: job))
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix("spec.template.metadata.labels[job-name]: Invalid value: {") == true)
        #expect(errors.first?.hasSuffix("must be 'j'") == true)
    }

    @Test func indexedJobsMayScaleInTandemOnly() {
        let old = job(["completionMode": "Indexed", "completions": 2, "parallelism": 2])
        let update = JobUpdateValidation(jobs)
        let both = job(["completionMode": "Indexed", "completions": 3, "parallelism": 3])
        #expect(texts(update.errors(both, old: old)) == [])
        let one = job(["completionMode": "Indexed", "completions": 3, "parallelism": 2])
        #expect(
            texts(update.errors(one, old: old)) == [
                "spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism"
            ])
    }

    @Test func statusChangesFollowTheRules() {
        func errors(_ new: Value, _ old: Value = [:], _ spec: Object = [:]) -> [String] {
            texts(JobStatusValidation(job(spec, status: new), old: job(spec, status: old)).errors())
        }
        let failed: Value = [
            "startTime": "2026-01-01T00:00:00Z",
            "conditions": [["type": "FailureTarget", "status": "True"], ["type": "Failed", "status": "True"]],
        ]
        #expect(errors(failed) == [])
        #expect(
            errors(["startTime": "2026-01-01T00:00:00Z"], failed) == [
                "status.conditions: Invalid value: cannot disable the terminal Failed=True condition",
                "status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition",
            ])
        #expect(
            errors(["failed": 1], ["failed": 2]) == [
                "status.failed: Invalid value: 1: cannot decrease the failed counter"
            ])
        #expect(
            errors([:], ["startTime": "2026-01-01T00:00:00Z"]) == [
                "status.startTime: Required value: startTime cannot be removed for unsuspended job"
            ])
        let indexed: Object = ["completionMode": "Indexed", "completions": 5, "backoffLimitPerIndex": 1]
        #expect(
            errors(["completedIndexes": "0-2", "failedIndexes": "2,3"], [:], indexed) == [
                "status.failedIndexes: Invalid value: \"2,3\": failedIndexes and completedIndexes overlap at index: 2"
            ])
        // What was wrong before may stay.
        #expect(errors(["completedIndexes": "9", "active": 1], ["completedIndexes": "9"]) == [])
    }

    @Test func schedulesOfLongAgoMayNameTheirZone() {
        let validation = CronJobValidation(jobs)
        func errors(_ schedule: String, old: String, zone: String? = nil) -> [String] {
            var spec: Value = [
                "schedule": .string(schedule), "concurrencyPolicy": "Allow",
                "jobTemplate": ["spec": job()["spec"] ?? .null],
            ]
            spec.set(nil, at: "jobTemplate", "spec", "selector")
            var before = spec
            before["schedule"] = .string(old)
            if let zone { spec["timeZone"] = .string(zone) }
            return texts(validation.errors(of: spec, old: before))
        }
        #expect(errors("TZ=UTC 1 0 * * *", old: "TZ=UTC 0 0 * * *") == [])
        #expect(
            errors("TZ=UTC 0 0 * * *", old: "TZ=UTC 0 0 * * *", zone: "UTC") == [
                "spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use both timeZone field and TZ or CRON_TZ in "
                    + "schedule"
            ])
    }
}

@Suite struct AutoscalerValidationTests {
    private func errors(_ spec: Object) -> [String] {
        var all: Object = [
            "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "d"], "maxReplicas": 3,
        ]
        for (key, value) in spec { all[key] = value }
        return AutoscalerValidation(spec: .object(all)).errors().map(\.description)
    }

    @Test(
        arguments: [
            (["scaleTargetRef": ["apiVersion": "v1", "kind": "ReplicationController", "name": "r"]], []),
            (
                ["scaleTargetRef": ["apiVersion": "a/b/c", "kind": "K", "name": "r"]],
                ["spec.scaleTargetRef.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c"]
            ),
            (
                ["metrics": [["type": "Pods", "pods": ["metric": ["name": ""], "target": ["type": "Odd"]]]]],
                [
                    "spec.metrics[0].pods.metric.name: Required value: must specify a metric name",
                    "spec.metrics[0].pods.target.type: Invalid value: \"Odd\": must be either Utilization, Value, or "
                        + "AverageValue",
                    "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue",
                ]
            ),
            (
                [
                    "metrics": [
                        [
                            "type": "Resource",
                            "resource": [
                                "name": "cpu",
                                "target": ["type": "Utilization", "averageUtilization": 0, "averageValue": "0"],
                            ],
                            "pods": [
                                "metric": ["name": "m"], "target": ["type": "AverageValue", "averageValue": "1"],
                            ],
                        ]
                    ]
                ],
                ["spec.metrics[0].pods: Forbidden: must populate the given metric source only"]
            ),
            (
                [
                    "behavior": [
                        "scaleUp": [
                            "stabilizationWindowSeconds": 3601, "selectPolicy": "Odd", "tolerance": "-1",
                            "policies": [["type": "Odd", "value": 0, "periodSeconds": 1801]],
                        ]
                    ]
                ],
                [
                    "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600",
                    "spec.behavior.scaleUp.selectPolicy: Unsupported value: \"Odd\": supported values: \"Disabled\", \"Max\", "
                        + "\"Min\"",
                    "spec.behavior.scaleUp.policies[0].type: Unsupported value: \"Odd\": supported values: \"Percent\", "
                        + "\"Pods\"",
                    "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                    "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
                    "spec.behavior.scaleUp.tolerance: Invalid value: \"-1\": must be greater or equal to zero",
                ]
            ),
        ] as [(Object, [String])])
    func refuses(spec: Object, messages: [String]) { #expect(errors(spec) == messages) }
}
