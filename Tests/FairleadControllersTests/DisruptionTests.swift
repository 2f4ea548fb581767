import FairleadModel
import Testing

@testable import FairleadControllers

@Suite struct DisruptionTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func pod(_ name: String, isReady: Bool) -> Value {
        [
            "metadata": ["name": .string(name), "namespace": "n"],
            "status": ["conditions": [["type": "Ready", "status": isReady ? "True" : "False"]]],
        ]
    }

    private func status(_ spec: Value, pods: [Value], scale: Int64, old: Value? = nil) -> Value {
        var budget: Value = ["metadata": ["name": "b", "namespace": "n", "generation": 1], "spec": spec]
        budget["status"] = old
        return DisruptionReconciler(now: now).plan(budget: budget, pods: pods, scale: scale)?["status"] ?? .null
    }

    @Test(arguments: [
        (Value.object(["minAvailable": 1]), 3, 2, 0, 1, 1, 2),
        (Value.object(["minAvailable": 2]), 2, 2, 0, 2, 0, 2),
        (Value.object(["minAvailable": "50%"]), 3, 3, 3, 2, 1, 3),
        (Value.object(["minAvailable": "50%"]), 1, 1, 0, 0, 0, 0),
        (Value.object(["maxUnavailable": 1]), 3, 3, 3, 2, 1, 3),
        (Value.object(["maxUnavailable": "34%"]), 3, 2, 3, 1, 1, 3),
    ])
    func countsWhatIsAllowed(
        spec: Value, pods: Int, ready: Int, scale: Int64, desired: Int64, allowed: Int64, expected: Int64
    ) {
        let all = (0..<pods).map { pod("p\($0)", isReady: $0 < ready) }
        let status = status(spec, pods: all, scale: scale)
        #expect(status["desiredHealthy"]?.int == desired)
        #expect(status["disruptionsAllowed"]?.int == allowed)
        #expect(status["currentHealthy"]?.int == Int64(ready))
        #expect(status["expectedPods"]?.int == (spec["minAvailable"]?.int != nil ? Int64(pods) : expected))
    }

    @Test func grantedEvictionsCountUntilTheyAreOld() {
        let pods = [pod("a", isReady: true), pod("b", isReady: true)]
        for (age, healthy) in [(10.0, Int64(1)), (200.0, 2)] {
            let granted = now.adding(seconds: -age).rfc3339
            let old: Value = ["disruptedPods": ["a": .string(granted)]]
            #expect(status(["minAvailable": 1], pods: pods, scale: 0, old: old)["currentHealthy"]?.int == healthy)
        }
    }

    @Test func aTrueStatusIsLeftAlone() {
        let pods = [pod("a", isReady: true)]
        let first = status(["minAvailable": 1], pods: pods, scale: 0)
        #expect(status(["minAvailable": 1], pods: pods, scale: 0, old: first) == .null)
    }
}
