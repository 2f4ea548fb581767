import FairleadModel
import Testing

@testable import FairleadControllers

@Suite struct DeploymentReconcilerTests {
    private func plan(_ deployment: Value, _ sets: [Value] = []) -> DeploymentReconciler.Plan {
        var reconciler = DeploymentReconciler(deployment: deployment, replicaSets: sets, now: Fixture.now)
        return reconciler.plan()
    }

    @Test func firstReconcileMakesSetWithAllReplicas() throws {
        let plan = plan(Fixture.deployment(replicas: 3))
        let set = try #require(plan.create)
        #expect(set.size == 3)
        #expect(set.announcements == ["Scaled up replica set \(set.name) from 0 to 3"])
        #expect(
            set.value.annotations == [
                "deployment.kubernetes.io/revision": "1", "deployment.kubernetes.io/desired-replicas": "3",
                "deployment.kubernetes.io/max-replicas": "4",
            ])
        let hash = try #require(set.value.labels["pod-template-hash"])
        #expect(set.name == "d-\(hash)")
        #expect(set.value.at("spec", "selector", "matchLabels", "pod-template-hash")?.string == hash)
        let status = try #require(plan.status)
        #expect(status.annotations["deployment.kubernetes.io/revision"] == "1")
        #expect(Conditions(of: status).reason("Progressing") == "NewReplicaSetCreated")
        #expect(Conditions(of: status).reason("Available") == "MinimumReplicasUnavailable")
    }

    @Test(arguments: [
        // old size, old available, new size, new available → old, new
        (3, 3, 0, 0, 3, 1), (3, 3, 1, 0, 3, 1), (3, 3, 1, 1, 2, 1), (2, 2, 1, 1, 2, 2), (1, 1, 3, 3, 0, 3),
        (3, 1, 1, 0, 3, 1), (3, 2, 1, 1, 2, 1),
    ])
    func rollingUpdateWithSurgeOneKeepsThreeAvailable(
        old: Int64, oldAvailable: Int64, new: Int64, newAvailable: Int64, oldAfter: Int64, newAfter: Int64
    ) {
        let sets = [
            Fixture.set("d-old", image: "img:1", size: old, available: oldAvailable, desired: 3, maximum: 4),
            Fixture.set(
                "d-new", image: "img:2", size: new, available: newAvailable, revision: 2, desired: 3, maximum: 4,
                created: 10),
        ]
        var reconciler = DeploymentReconciler(
            deployment: Fixture.deployment(replicas: 3, image: "img:2"), replicaSets: sets, now: Fixture.now)
        _ = reconciler.plan()
        #expect(reconciler.oldSets.map(\.size) == [oldAfter])
        #expect(reconciler.newSet?.size == newAfter)
    }

    @Test func scalingDuringRolloutIsSpreadInProportion() {
        let sets = [
            Fixture.set("d-old", image: "img:1", size: 4, desired: 4, maximum: 6),
            Fixture.set(
                "d-new", image: "img:2", size: 2, available: 0, revision: 2, desired: 4, maximum: 6, created: 10),
        ]
        let deployment = Fixture.deployment(
            replicas: 10, image: "img:2",
            strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 2, "maxUnavailable": 0]])
        let plan = plan(deployment, sets)
        #expect(plan.update.map { "\($0.name) \($0.size)" } == ["d-old 8", "d-new 4"])
        #expect(plan.update.allSatisfy { $0.value.annotations["deployment.kubernetes.io/max-replicas"] == "12" })
    }

    @Test func rollingBackReusesOldSetWithNextRevision() {
        let sets = [
            Fixture.set("d-1", image: "img:1", size: 0, revision: 1, desired: 1, maximum: 2),
            Fixture.set("d-2", image: "img:2", size: 1, revision: 2, desired: 1, maximum: 2, created: 10),
        ]
        let plan = plan(Fixture.deployment(replicas: 1, image: "img:1"), sets)
        #expect(plan.create == nil)
        #expect(plan.update.map(\.name) == ["d-1"])
        #expect(plan.update[0].size == 1)
        #expect(plan.update[0].value.annotations["deployment.kubernetes.io/revision"] == "3")
        #expect(plan.update[0].value.annotations["deployment.kubernetes.io/revision-history"] == "1")
        #expect(plan.status?.annotations["deployment.kubernetes.io/revision"] == "3")
    }

    @Test func pausedDeploymentMakesNoSetButScales() {
        var deployment = Fixture.deployment(replicas: 2, image: "img:2")
        deployment.set(true, at: "spec", "paused")
        let plan = plan(deployment, [Fixture.set("d-1", image: "img:1", size: 1, desired: 1, maximum: 2)])
        #expect(plan.create == nil)
        #expect(plan.update.map(\.size) == [2])
        #expect(plan.status.map { Conditions(of: $0).reason("Progressing") } == "DeploymentPaused")
    }

    @Test func recreateWaitsForOldPods() {
        let deployment = Fixture.deployment(replicas: 2, image: "img:2", strategy: ["type": "Recreate"])
        var old = Fixture.set("d-1", image: "img:1", size: 2, desired: 2, maximum: 2)
        #expect(plan(deployment, [old]).update.map(\.size) == [0])
        #expect(plan(deployment, [old]).create == nil)
        old.set(0, at: "spec", "replicas")
        #expect(plan(deployment, [old]).create == nil, "status still shows pods")
        old.set(0, at: "status", "replicas")
        #expect(plan(deployment, [old]).create?.size == 2)
    }

    @Test func oldestSetsBeyondTheHistoryLimitGo() {
        var deployment = Fixture.deployment(replicas: 1, image: "img:3")
        deployment.set(1, at: "spec", "revisionHistoryLimit")
        deployment["status"] = [
            "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "observedGeneration": 1,
        ]
        let sets = (1...3).map { index in
            Fixture.set(
                "d-\(index)", image: "img:\(index)", size: index == 3 ? 1 : 0, revision: Int64(index), desired: 1,
                maximum: 2, created: Int64(index))
        }
        #expect(plan(deployment, sets).delete.map(\.name) == ["d-1"])
    }

    @Test func stuckRolloutTimesOut() {
        var deployment = Fixture.deployment(replicas: 1)
        let set = Fixture.set("d-1", image: "img:1", size: 1, available: 0, desired: 1, maximum: 2)
        deployment["status"] = plan(deployment, [set]).status?["status"]
        var reconciler = DeploymentReconciler(
            deployment: deployment, replicaSets: [set], now: Fixture.now.adding(seconds: 601))
        let late = reconciler.plan()
        #expect(late.status.map { Conditions(of: $0).reason("Progressing") } == "ProgressDeadlineExceeded")
        #expect(late.recheckAfter == nil)
    }

    @Test(arguments: [
        ("25%", "25%", 3, 1, 0), ("30%", "30%", 10, 3, 3), ("25%", "25%", 10, 3, 2), ("0%", "0%", 4, 0, 1),
        ("50%", "50%", 0, 0, 0),
    ])
    func percentagesRoundUpForSurgeAndDownForUnavailable(
        surge: String, unavailable: String, replicas: Int64, surgePods: Int64, unavailablePods: Int64
    ) {
        let limits = RolloutLimits(
            deployment: Fixture.deployment(
                replicas: replicas,
                strategy: [
                    "type": "RollingUpdate",
                    "rollingUpdate": ["maxSurge": .string(surge), "maxUnavailable": .string(unavailable)],
                ]))
        #expect(limits.surge == surgePods)
        #expect(limits.unavailable == unavailablePods)
    }
}
