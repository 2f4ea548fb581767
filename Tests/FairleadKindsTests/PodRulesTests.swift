import FairleadModel
import Testing

@testable import FairleadKinds

/// Changes of pods, and what happens to them by way of subresources.
struct PodRulesTests {
    private let context: StrategyContext
    private let strategy = PodStrategy()

    init() throws {
        context = try .ofAnEmptyCluster()
    }

    private func pod(
        _ spec: Value = .object(Object()), status: Value = ["phase": "Pending", "qosClass": "BestEffort"]
    ) -> Value {
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": "p", "namespace": "n", "uid": "u", "generation": 1],
            "spec": ["containers": [["name": "c", "image": "img:1"]], "serviceAccountName": "default"],
            "status": status,
        ]
        for member in spec.object ?? Object() { pod.set(member.value, at: "spec", member.key) }
        strategy.setDefaults(&pod)
        return pod
    }

    private func changed(_ pod: Value, _ path: String..., to value: Value?) -> Value {
        var result = pod
        result.set(value, at: path[...])
        return result
    }

    @Test func forbiddenChangeShowsADiffOfTheInternalForm() {
        let old = pod(["automountServiceAccountToken": false])
        let new = changed(old, "spec", "terminationGracePeriodSeconds", to: 5)
        let errors = strategy.validateUpdate(new, old: old, context)
        #expect(errors.count == 1)
        let expected = """
            `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)
            @@ -36,7 +36,7 @@
              ],
              "EphemeralContainers": null,
              "RestartPolicy": "Always",
            - "TerminationGracePeriodSeconds": 30,
            + "TerminationGracePeriodSeconds": 5,
              "ActiveDeadlineSeconds": null,
              "DNSPolicy": "ClusterFirst",
              "NodeSelector": null,

            """
        #expect(errors.first?.detail.hasSuffix(expected) == true, "\(errors.first?.detail ?? "")")
    }

    @Test func imageChangesButNotToNothing() {
        let old = pod()
        let container = old.at("spec", "containers")?.array?.first ?? .null
        let new = changed(old, "spec", "containers", to: [changed(container, "image", to: "img:2")])
        #expect(strategy.validateUpdate(new, old: old, context).isEmpty)
        let empty = changed(old, "spec", "containers", to: [changed(container, "image", to: nil)])
        #expect(
            strategy.validateUpdate(empty, old: old, context).map(\.description)
                == ["spec.containers[0].image: Required value", "spec.containers[0].image: Required value"])
        let more = changed(old, "spec", "containers", to: [container, changed(container, "name", to: "d")])
        #expect(
            strategy.validateUpdate(more, old: old, context).map(\.description)
                == ["spec.containers: Forbidden: pod updates may not add or remove containers"])
    }

    @Test(
        arguments: [
            (nil, 100, nil), (100, 50, nil),
            (50, 70, "Invalid value: 70: must be less than or equal to previous value"),
            (50, nil, "Invalid value: null: must not update from a positive integer to nil value"),
        ] as [(Int64?, Int64?, String?)])
    func deadlineOnlyComesCloser(old: Int64?, new: Int64?, error: String?) {
        let before = changed(pod(), "spec", "activeDeadlineSeconds", to: old.map { .int($0) })
        let after = changed(before, "spec", "activeDeadlineSeconds", to: new.map { .int($0) })
        #expect(strategy.validateUpdate(after, old: before, context).map(\.body) == (error.map { [$0] } ?? []))
    }

    @Test func tolerationsAreOnlyAdded() {
        let toleration: Value = ["key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300]
        let old = pod(["tolerations": [toleration]])
        let longer = changed(
            old, "spec", "tolerations",
            to: [changed(toleration, "tolerationSeconds", to: 5), ["key": "x", "operator": "Exists"]])
        #expect(strategy.validateUpdate(longer, old: old, context).isEmpty)
        let none = changed(old, "spec", "tolerations", to: nil)
        #expect(
            strategy.validateUpdate(none, old: old, context).map(\.body) == [
                "Forbidden: existing toleration can not be modified except its tolerationSeconds"
            ])
    }

    @Test func podIPWinsOverPodIPs() {
        let both = pod(status: ["podIP": "10.1.1.1", "podIPs": [["ip": "10.1.1.3"]], "qosClass": "BestEffort"])
        #expect(both.at("status", "podIPs") == [["ip": "10.1.1.1"]])
        let pair = pod(status: [
            "podIP": "10.1.1.1", "podIPs": [["ip": "10.1.1.1"], ["ip": "10.1.1.2"]], "qosClass": "BestEffort",
        ])
        #expect(
            strategy.validateStatusUpdate(pair, old: pod(), context).map(\.description) == [
                "status.podIPs: Invalid value: [{\"IP\":\"10.1.1.1\"},{\"IP\":\"10.1.1.2\"}]: "
                    + "may specify no more than one IP for each IP family"
            ])
    }

    @Test func terminatedContainerDoesNotRunAgain() {
        func status(_ state: Value) -> Value {
            ["phase": "Running", "qosClass": "BestEffort", "containerStatuses": [["name": "c", "state": state]]]
        }
        let old = pod(["restartPolicy": "Never"], status: status(["terminated": ["exitCode": 1]]))
        let new = pod(["restartPolicy": "Never"], status: status(["running": .object(Object())]))
        #expect(
            strategy.validateStatusUpdate(new, old: old, context).map(\.description)
                == ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"])
    }

    @Test(
        arguments: [
            ("", "Pending", 100, 0), ("n1", "Succeeded", 100, 0), ("n1", "Running", nil, 30), ("n1", "Running", -5, 1),
            ("n1", "Running", 0, 0),
        ] as [(String, String, Int64?, Int64)])
    func gracePeriodIsThatOfARunningPod(node: String, phase: String, requested: Int64?, period: Int64) {
        let object = changed(pod(status: ["phase": .string(phase)]), "spec", "nodeName", to: .string(node))
        #expect(strategy.gracePeriod(of: object, requested: requested) == period)
    }

    @Test func bindingSetsNodeLabelsAndCondition() throws {
        let now = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        let binding: Value = [
            "metadata": ["name": "p", "labels": ["zone": "z"]], "target": ["kind": "Node", "name": "n1"],
        ]
        let bound = try PodBinding.apply(binding: binding, to: pod(), at: now)
        #expect(bound.at("spec", "nodeName") == "n1")
        #expect(bound.labels == ["zone": "z"])
        #expect(
            bound.at("status", "conditions") == [
                [
                    "type": "PodScheduled", "status": "True", "lastProbeTime": .null,
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                ]
            ])
        #expect(throws: APIStatus.self) { try PodBinding.apply(binding: binding, to: bound, at: now) }
    }

    @Test func evictionChargesTheBudgetAndMarksThePod() throws {
        let now = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        var ready = pod(status: [
            "phase": "Running", "conditions": [["type": "Ready", "status": "True"]], "qosClass": "BestEffort",
        ])
        ready.set(["app": "a"], at: "metadata", "labels")
        func budget(allowed: Int64) -> Value {
            [
                "metadata": ["name": "b", "generation": 1], "spec": ["selector": ["matchLabels": ["app": "a"]]],
                "status": [
                    "disruptionsAllowed": .int(allowed), "desiredHealthy": 1, "currentHealthy": 1,
                    "observedGeneration": 1,
                ],
            ]
        }
        let plan = try PodEviction.plan(pod: ready, budgets: [budget(allowed: 1)], at: now)
        #expect(plan.chargedBudget?.at("status", "disruptionsAllowed") == 0)
        #expect(plan.chargedBudget?.at("status", "disruptedPods", "p") == "2026-01-01T00:00:00Z")
        #expect(plan.markedPod?.at("status", "conditions")?.array?.last?["reason"] == "EvictionByEvictionAPI")
        do {
            _ = try PodEviction.plan(pod: ready, budgets: [budget(allowed: 0)], at: now)
            Issue.record("the budget allows no disruption")
        } catch {
            #expect(error.code == 429)
            #expect(
                error.details?.causes.map(\.message)
                    == ["The disruption budget b needs 1 healthy pods and has 1 currently"])
        }
    }

    @Test func limitRangesFillInAndBound() {
        let range: Value = [
            "spec": [
                "limits": [
                    [
                        "type": "Container", "default": ["cpu": "200m"], "defaultRequest": ["cpu": "100m"],
                        "max": ["cpu": "1"],
                    ]
                ]
            ]
        ]
        var filled = pod()
        LimitRanger.fill(&filled, from: [range])
        #expect(
            filled.at("spec", "containers")?.array?.first?["resources"]
                == ["limits": ["cpu": "200m"], "requests": ["cpu": "100m"]])
        #expect(
            filled.annotations["kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: cpu request for container c; cpu limit for container c")
        let greedy = pod(["containers": [["name": "c", "image": "i", "resources": ["limits": ["cpu": "2"]]]]])
        #expect(
            LimitRanger.refusal(of: greedy, by: [range]) == "maximum cpu usage per Container is 1, but limit is 2")
    }
}
