import FairleadClient
import FairleadModel
import Testing

@testable import FairleadControllers

@Suite struct ReplicaSetTests {
    @Test(
        arguments: [
            ([Fixture.pod("assigned", node: "x"), Fixture.pod("unassigned")], "unassigned"),
            ([Fixture.pod("running"), Fixture.pod("pending", phase: "Pending")], "pending"),
            ([Fixture.pod("ready"), Fixture.pod("unready", ready: false)], "unready"),
            ([Fixture.pod("dear", cost: "100"), Fixture.pod("cheap")], "cheap"),
            ([Fixture.pod("old", readyFor: 50), Fixture.pod("young", readyFor: 5)], "young"),
            ([Fixture.pod("steady"), Fixture.pod("restarting", restarts: 3)], "restarting"),
            (
                [
                    Fixture.pod("alone", node: "x"), Fixture.pod("crowd1", node: "y"),
                    Fixture.pod("crowd2", node: "y", readyFor: 1),
                ], "crowd2"
            ),
        ] as [([Value], String)])
    func shrinkingTakesTheLeastUsefulPod(pods: [Value], victim: String) {
        #expect(PodRanking.victims(among: pods, related: pods, count: 1).map(\.name) == [victim])
        #expect(PodRanking.victims(among: pods.reversed(), related: pods, count: 1).map(\.name) == [victim])
    }

    @Test func statusCountsWhatMinReadySecondsLetsThrough() {
        var set = Fixture.set("r", image: "img:1", size: 3, desired: 3, maximum: 3)
        set.set(10, at: "spec", "minReadySeconds")
        var leaving = Fixture.pod("leaving", node: "x")
        leaving.set("2027-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
        let reconciler = ReplicaSetReconciler(
            replicaSet: set,
            pods: [
                Fixture.pod("a", readyFor: 60), Fixture.pod("b", readyFor: 4), Fixture.pod("failed", phase: "Failed"),
                leaving,
            ])
        let status = reconciler.status(failure: nil, now: Fixture.now)
        #expect(status["replicas"]?.int == 2)
        #expect(status["readyReplicas"]?.int == 2)
        #expect(status["availableReplicas"]?.int == 1)
        #expect(status["terminatingReplicas"]?.int == 1)
        #expect(reconciler.timeToNextAvailability(now: Fixture.now) == .seconds(6))
        #expect(reconciler.plan(related: []).create.count == 1)
    }

    @Test func failureBecomesAConditionAndGoesAway() {
        let set = Fixture.set("r", image: "img:1", size: 1, desired: 1, maximum: 1)
        let failure = APIStatus(code: 403, reason: "Forbidden", message: "no")
        var failed = set
        failed["status"] = ReplicaSetReconciler(replicaSet: set, pods: []).status(failure: failure, now: Fixture.now)
        let condition = failed.items("status", "conditions").first
        #expect(condition?.text("reason") == "FailedCreate")
        #expect(condition?.text("message") == "no")
        let healed = ReplicaSetReconciler(replicaSet: failed, pods: []).status(failure: nil, now: Fixture.now)
        #expect(healed["conditions"] == nil)
    }

    @Test func expectationsHoldUntilObservedOrExpired() {
        var expectations = Expectations<String>()
        let now = Duration.seconds(7)
        expectations.expectCreations(2, of: "k", now: now)
        #expect(!expectations.areMet("k", now: now))
        expectations.creationObserved("k")
        #expect(!expectations.areMet("k", now: now))
        #expect(expectations.areMet("k", now: now + .seconds(301)))
        expectations.creationObserved("k")
        #expect(expectations.areMet("k", now: now))
        expectations.expectDeletions(["a"], of: "k", now: now)
        expectations.deletionObserved("k", name: "other")
        #expect(!expectations.areMet("k", now: now))
        expectations.deletionObserved("k", name: "a")
        #expect(expectations.areMet("k", now: now))
    }

    @Test func claimAdoptsOrphansAndReleasesStrangers() throws {
        func stored(_ pod: Value) -> StoredObject {
            StoredObject(
                key: ObjectKey(GroupVersionResource.pods.groupResource, namespace: "n", name: pod.name),
                document: Document(pod), revision: 7, createRevision: 7)
        }
        let owner = Fixture.set("r", image: "i", size: 1, desired: 1, maximum: 1)
        let reference = OwnershipPatch.reference(to: owner, kind: "ReplicaSet", apiVersion: "apps/v1")
        var mine = Fixture.pod("mine")
        mine.ownerReferences = [reference]
        var stranger = mine
        stranger.name = "stranger"
        stranger.labels = ["app": "b"]
        var foreign = Fixture.pod("foreign")
        foreign.ownerReferences = [OwnerReference(apiVersion: "v1", kind: "X", name: "x", uid: "x", controller: true)]
        let selector = LabelSelector(matchLabels: ["app": "a"])
        let claim = OwnershipClaim(
            owner: owner, selector: selector,
            candidates: [stored(mine), stored(stranger), stored(foreign), stored(Fixture.pod("orphan"))])
        #expect(claim.owned.map(\.key.name) == ["mine"])
        #expect(claim.adopted.map(\.key.name) == ["orphan"])
        #expect(claim.released.map(\.key.name) == ["stranger"])
        let patch = OwnershipPatch.release(claim.released[0].value, from: [owner.uid])
        #expect(patch.at("metadata", "ownerReferences") == .null)
        #expect(patch.at("metadata", "resourceVersion")?.string == "7")
    }
}
