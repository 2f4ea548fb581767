import FairleadModel
import Testing

@testable import FairleadControllers

/// Objects whose numbers are as large or as wrong as their fields allow, and beyond: an older build may have taken
/// them. A plan comes out, of bounded size, and nothing traps.
@Suite struct ExtremeNumbersTests {
    static let numbers: [Int64] = [.max, .min, 2_147_483_647, -2_147_483_648, 4_294_967_296, -1, 0]
    static let shares: [Value] = [
        "9223372036854775807%", "99999999999999999999%", "-1%", "100%", "soon", 2_147_483_647, -2_147_483_648,
        .int(.max), .int(.min),
    ]

    /// Whether the API takes the counts of the status; otherwise the controller would fail for ever.
    private static func has32Bits(_ status: Value?) -> Bool {
        (status?.object?.members ?? []).allSatisfy { field in
            // A generation has 64 bits; the count of collisions is only kept.
            field.key == "observedGeneration" || field.key == "collisionCount"
                || field.value.int.map { Int32(exactly: $0) != nil } ?? true
        }
    }

    @Test(arguments: numbers)
    func deploymentsPlanWithAnyNumber(number: Int64) {
        for share in Self.shares {
            for paused in [true, false] {
                var deployment = Fixture.deployment(
                    replicas: number,
                    strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": share, "maxUnavailable": share]])
                for field in ["progressDeadlineSeconds", "revisionHistoryLimit", "minReadySeconds"] {
                    deployment.set(.int(number), at: "spec", field)
                }
                deployment.set(.bool(paused), at: "spec", "paused")
                for field in ["replicas", "updatedReplicas", "availableReplicas", "collisionCount"] {
                    deployment.set(.int(number), at: "status", field)
                }
                let sets = Self.numbers.enumerated().map { index, size in
                    Fixture.set(
                        "s\(index)", image: "img:\(index)", size: size, available: number, revision: .max,
                        desired: index % 2 == 0 ? number : size, maximum: size)
                }
                var reconciler = DeploymentReconciler(deployment: deployment, replicaSets: sets, now: Fixture.now)
                let plan = reconciler.plan()
                let sizes = (plan.update + (plan.create.map { [$0] } ?? [])).filter {
                    $0.size != $0.original.map { OwnedReplicaSet($0).size }
                }
                #expect(sizes.allSatisfy { (0...Int64(Int32.max)).contains($0.size) })
                #expect(Self.has32Bits(plan.status?["status"]))
            }
        }
    }

    @Test func aReplicaSetMakesFiveHundredPodsAtATime() {
        for number in Self.numbers {
            var set = Fixture.set("s", image: "i", size: number, desired: 1, maximum: 1)
            set.set(.int(number), at: "spec", "minReadySeconds")
            let reconciler = ReplicaSetReconciler(replicaSet: set, pods: [Fixture.pod("p")])
            let plan = reconciler.plan(related: [])
            #expect(plan.create.count == (number > 1 ? 500 : 0) && plan.delete.count == (number < 1 ? 1 : 0))
            _ = reconciler.status(failure: nil, now: Fixture.now)
            _ = reconciler.timeToNextAvailability(now: Fixture.now)
        }
    }

    /// Two thousand million replicas are asked for, and no machine has room.
    @Test func noMorePodsAreMadeWhileThousandsWaitForANode() {
        let set = Fixture.set("s", image: "i", size: 2_147_483_647, desired: 1, maximum: 1)
        func plan(waiting: Int, placed: Int) -> ReplicaSetReconciler.Plan {
            let pods =
                (0..<waiting).map { Fixture.pod("w\($0)", phase: "Pending", ready: false) }
                + (0..<placed).map { Fixture.pod("p\($0)", node: "n1") }
            return ReplicaSetReconciler(replicaSet: set, pods: pods).plan(related: [])
        }
        #expect(plan(waiting: 4990, placed: 10).create.count == 10)
        #expect(plan(waiting: 5000, placed: 10).create.isEmpty && plan(waiting: 5000, placed: 10).isHeldBack)
        #expect(plan(waiting: 10, placed: 5000).create.count == 500)
    }

    @Test(arguments: numbers, ["OrderedReady", "Parallel"])
    func statefulSetsPlanWithAnyNumber(number: Int64, policy: String) {
        for start in Self.numbers {
            let set: Value = [
                "apiVersion": "apps/v1", "kind": "StatefulSet",
                "metadata": ["name": "w", "namespace": "n", "uid": "u"],
                "spec": [
                    "replicas": .int(number), "ordinals": ["start": .int(start)], "minReadySeconds": .int(number),
                    "podManagementPolicy": .string(policy), "template": Fixture.template(),
                    "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": .int(number)]],
                    "revisionHistoryLimit": .int(number),
                ],
            ]
            let revision: Value = ["metadata": ["name": "r"], "revision": .int(number)]
            let reconciler = StatefulSetReconciler(
                set: set, pods: [Fixture.pod("w-0", node: "n"), Fixture.pod("w-9223372036854775807", node: "n")],
                update: revision, current: nil, now: Fixture.now)
            let plan = reconciler.plan()
            #expect(plan.create.count <= 500)
            _ = reconciler.status(after: plan)
            for style in [RevisionHistory.Style.statefulSet, .daemonSet] {
                let history = RevisionHistory(owner: set, style: style, revisions: [revision])
                _ = history.current()
                _ = history.surplus(inUse: [], current: "")
            }
        }
    }

    @Test(arguments: shares)
    func budgetsAndDaemonSetsPlanWithAnyShare(share: Value) {
        for field in ["minAvailable", "maxUnavailable"] {
            let budget: Value = [
                "metadata": ["name": "b", "namespace": "n", "generation": .int(.max)], "spec": [field: share],
            ]
            for scale in Self.numbers {
                let plan = DisruptionReconciler(now: Fixture.now).plan(
                    budget: budget, pods: [Fixture.pod("p")], scale: scale)
                #expect(Self.has32Bits(plan?["status"]))
            }
        }
        for number in Self.numbers {
            let set: Value = [
                "metadata": ["name": "d", "namespace": "n", "uid": "u", "generation": .int(number)],
                "spec": [
                    "minReadySeconds": .int(number), "template": Fixture.template(),
                    "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": share]],
                ],
            ]
            let reconciler = DaemonSetReconciler(
                daemonSet: set, nodes: [["metadata": ["name": "n1"]]], pods: [Fixture.pod("p", node: "n1")], hash: "h",
                now: Fixture.now)
            _ = reconciler.plan()
            _ = reconciler.timeToNextAvailability()
        }
    }

    @Test(arguments: numbers, [Duration.zero, .seconds(1), .seconds(saturating: 1e300)])
    func tolerationsOfAnyLengthAreCounted(seconds: Int64, waited: Duration) {
        var pod = Fixture.pod("p", node: "n1")
        pod.set(
            [["key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .int(seconds)]],
            at: "spec", "tolerations")
        let taint = Taint(key: "k", effect: "NoExecute", timeAdded: "then")
        guard case .leaves(let after) = TaintEviction.verdict(PodView(pod), taints: [taint], waited: waited) else {
            Issue.record("stays")
            return
        }
        #expect(after >= .zero)
    }
}
