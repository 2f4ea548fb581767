import FairleadModel
import Testing

@testable import FairleadBatch

/// How many replicas usage asks for, and how fast that is followed.
@Suite struct AutoscalerTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func pod(
        _ name: String, cpu: String? = "200m", phase: String = "Running", ready: Bool = true, age: Double = 3600
    ) -> Value {
        var container: Value = ["name": "c"]
        if let cpu { container["resources"] = ["requests": ["cpu": .string(cpu)]] }
        let start = Value.string(now.adding(seconds: -age).rfc3339)
        return [
            "metadata": ["name": .string(name), "namespace": "n"], "spec": ["containers": [container]],
            "status": [
                "phase": .string(phase), "startTime": start,
                "conditions": [["type": "Ready", "status": ready ? "True" : "False", "lastTransitionTime": start]],
            ],
        ]
    }

    private func metric(_ milli: Int64) -> PodMetric { PodMetric(value: milli, timestamp: now, window: 15) }

    private func calculator(_ pods: [Value], current: Int64? = nil) -> ReplicaCalculator {
        ReplicaCalculator(
            resource: "cpu", container: nil, current: current ?? Int64(pods.count), pods: pods,
            tolerance: .init(), now: now)
    }

    @Test func utilizationIsComparedWithRequests() throws {
        let pods = [pod("a"), pod("b")]
        let high = try calculator(pods).replicas(utilization: 50, ["a": metric(200), "b": metric(400)])
        #expect(high == .init(replicas: 6, utilization: 150, average: 300))
        let near = try calculator(pods).replicas(utilization: 50, ["a": metric(105), "b": metric(105)])
        #expect(near.replicas == 2, "within a tenth of the target")
        let low = try calculator(pods).replicas(utilization: 50, ["a": metric(20), "b": metric(20)])
        #expect(low == .init(replicas: 1, utilization: 10, average: 20))
    }

    @Test func amountsAreComparedWithTheAverage() throws {
        let pods = [pod("a", cpu: nil), pod("b", cpu: nil)]
        let result = try calculator(pods).replicas(average: 100, ["a": metric(300), "b": metric(100)])
        #expect(result == .init(replicas: 4, utilization: nil, average: 200))
    }

    @Test func podsThatStartCountAsIdleOnTheWayUp() throws {
        let pods = [pod("a"), pod("b", phase: "Pending"), pod("c", ready: false, age: 5)]
        let metrics = ["a": metric(400), "c": metric(400)]
        // 200 % of one pod; with two idle ones, 66 % of three.
        #expect(try calculator(pods).replicas(utilization: 50, metrics).replicas == 4)
        // On the way down they are left out.
        #expect(try calculator(pods).replicas(utilization: 80, ["a": metric(20), "c": metric(400)]).replicas == 1)
    }

    @Test func missingMetricsNeverMoveTheOtherWay() throws {
        let pods = [pod("a"), pod("b")]
        // As if it used all that it requests: 30 % of two pods, and not 10 %.
        #expect(try calculator(pods).replicas(utilization: 50, ["a": metric(20)]).replicas == 2)
        // As if it used nothing.
        #expect(try calculator(pods).replicas(utilization: 50, ["a": metric(400)]).replicas == 4)
        #expect(try calculator(pods).replicas(utilization: 50, ["a": metric(110)]).replicas == 2)
    }

    @Test func faultsAreToldInKubernetesWords() {
        func message(_ pods: [Value], _ metrics: [String: PodMetric]) -> String {
            do {
                _ = try calculator(pods).replicas(utilization: 50, metrics)
                return ""
            } catch {
                return error.message
            }
        }
        #expect(message([], [:]) == "no pods returned by selector while calculating replica count")
        #expect(message([pod("a")], [:]) == "did not receive metrics for any ready pods")
        #expect(
            message([pod("a", cpu: nil)], ["a": metric(1)]) == "missing request for cpu in container c of Pod a")
    }

    @Test func metricsAreReadFromTheirObjects() throws {
        let item: Value = [
            "metadata": ["name": "a"], "timestamp": .string(now.rfc3339), "window": "15s",
            "containers": [
                ["name": "c", "usage": ["cpu": "1500000n"]], ["name": "d", "usage": ["cpu": "10m"]],
            ],
        ]
        #expect(
            try PodMetric.all(of: "cpu", container: nil, in: [item], namespace: "n")
                == ["a": PodMetric(value: 12, timestamp: now, window: 15)])
        #expect(try PodMetric.all(of: "cpu", container: "d", in: [item], namespace: "n")["a"]?.value == 10)
        #expect(throws: MetricFault("container e not present in metrics for pod n/a")) {
            try PodMetric.all(of: "cpu", container: "e", in: [item], namespace: "n")
        }
        #expect(throws: MetricFault("no metrics returned from resource metrics API")) {
            try PodMetric.all(of: "cpu", container: nil, in: [], namespace: "n")
        }
    }

    // MARK: - behaviour

    private func behavior(_ value: Value? = nil, at seconds: Int64, most: Int64 = 20) -> ScalingBehavior {
        ScalingBehavior(behavior: value, least: 1, most: most, now: .seconds(seconds))
    }

    @Test func replicasFallOnlyWhenTheyHaveBeenLowForFiveMinutes() {
        var memory = AutoscalerMemory()
        #expect(behavior(at: 0).apply(5, current: 5, &memory).able.reason == "ReadyForNewScale")
        let held = behavior(at: 200).apply(2, current: 5, &memory)
        #expect(held.replicas == 5 && held.able.reason == "ScaleDownStabilized")
        let fallen = behavior(at: 301).apply(2, current: 5, &memory)
        #expect(fallen.replicas == 2 && fallen.limit.reason == "DesiredWithinRange" && !fallen.isLimited)
    }

    @Test func replicasRiseByTwiceOrToFourAtOnce() {
        var memory = AutoscalerMemory()
        let first = behavior(at: 0).apply(15, current: 1, &memory)
        #expect(first.replicas == 4 && first.isLimited && first.limit.reason == "ScaleUpLimit")
        #expect(behavior(at: 15).apply(15, current: 4, &memory).replicas == 8)
        let last = behavior(at: 30, most: 10).apply(15, current: 8, &memory)
        #expect(last.replicas == 10 && last.limit.reason == "TooManyReplicas")
        var other = AutoscalerMemory()
        let low = behavior(at: 1000).apply(0, current: 1, &other)
        #expect(low.replicas == 1 && low.limit.reason == "DesiredWithinRange", "stabilized at what it has")
    }

    @Test func policiesLimitTheRate() {
        let rules: Value = [
            "scaleUp": [
                "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [["type": "Pods", "value": 2, "periodSeconds": 60]],
            ],
            "scaleDown": [
                "stabilizationWindowSeconds": 0, "selectPolicy": "Min",
                "policies": [
                    ["type": "Pods", "value": 4, "periodSeconds": 60],
                    ["type": "Percent", "value": 10, "periodSeconds": 60],
                ],
            ],
        ]
        var memory = AutoscalerMemory()
        let up = behavior(rules, at: 0).apply(10, current: 3, &memory)
        #expect(up.replicas == 5 && up.limit.reason == "ScaleUpLimit")
        memory.noteChange(from: 3, to: 5, at: .seconds(0))
        #expect(behavior(rules, at: 30).apply(10, current: 5, &memory).replicas == 5, "two a minute")
        #expect(behavior(rules, at: 61).apply(10, current: 5, &memory).replicas == 7)
        let down = behavior(rules, at: 200).apply(1, current: 10, &memory)
        #expect(down.replicas == 9 && down.limit.reason == "ScaleDownLimit", "the smaller change")
    }

    @Test func scalingCanBeSwitchedOff() {
        let rules: Value = [
            "scaleUp": ["selectPolicy": "Disabled"],
            "scaleDown": ["selectPolicy": "Disabled", "stabilizationWindowSeconds": 0],
        ]
        var memory = AutoscalerMemory()
        #expect(behavior(rules, at: 0).apply(9, current: 3, &memory).replicas == 3)
        #expect(behavior(rules, at: 1).apply(1, current: 3, &memory).replicas == 3)
    }

    @Test func aRiseWaitsForItsWindow() {
        let rules: Value = ["scaleUp": ["stabilizationWindowSeconds": 60, "selectPolicy": "Max"]]
        var memory = AutoscalerMemory()
        #expect(behavior(rules, at: 0).apply(2, current: 2, &memory).replicas == 2)
        let held = behavior(rules, at: 30).apply(6, current: 2, &memory)
        #expect(held.replicas == 2 && held.able.reason == "ScaleUpStabilized")
        #expect(behavior(rules, at: 91).apply(6, current: 2, &memory).replicas == 6)
    }
}
