import FairleadModel
import Testing

@testable import FairleadScheduling

/// Who leaves for a pod of higher priority.
@Suite struct PreemptionTests {
    @Test func theLeastImportantLeave() throws {
        let cluster = Cluster(Sample.node("n1", cpu: "2"), Sample.node("n2", cpu: "2"))
        cluster.place(Sample.pod("a", cpu: "1", priority: 5), on: "n1")
        cluster.place(Sample.pod("b", cpu: "1", priority: 1), on: "n1")
        cluster.place(Sample.pod("c", cpu: "1", priority: 5), on: "n2")
        cluster.place(Sample.pod("d", cpu: "1", priority: 2), on: "n2")
        let plan = try #require(cluster.plan(for: Sample.pod("x", cpu: "1", priority: 10)))
        #expect(plan.node == "n1" && plan.victims.map(\.name) == ["b"])
        #expect(
            cluster.message(for: Sample.pod("x", cpu: "1", priority: 10))
                == "0/2 nodes are available: 2 Insufficient cpu.")
        #expect(cluster.plan(for: Sample.pod("y", cpu: "1", priority: 1)) == nil, "nobody is less important")
        #expect(
            cluster.message(for: Sample.pod("y", cpu: "3", priority: 9)).hasSuffix(
                "2 Preemption is not helpful for scheduling."), "not even an empty node is large enough")
    }

    @Test func budgetsAreBrokenOnlyWhereNothingElseHelps() throws {
        let cluster = Cluster(Sample.node("n1", cpu: "1"), Sample.node("n2", cpu: "1"))
        cluster.place(Sample.pod("a", cpu: "1", labels: ["app": "kept"], priority: 1), on: "n1")
        cluster.place(Sample.pod("b", cpu: "1", priority: 5), on: "n2")
        cluster.budgets = [
            [
                "metadata": ["name": "kept", "namespace": "default"],
                "spec": ["selector": ["matchLabels": ["app": "kept"]]], "status": ["disruptionsAllowed": 0],
            ]
        ]
        let pod = Sample.pod("x", cpu: "1", priority: 10)
        #expect(try #require(cluster.plan(for: pod)).victims.map(\.name) == ["b"])
        cluster.cache.put(node: Sample.node("n2", cpu: "1", unschedulable: true))
        #expect(try #require(cluster.plan(for: pod)).victims.map(\.name) == ["a"])
        cluster.cache.put(node: Sample.node("n2", cpu: "1"))
        cluster.budgets[0].set(1, at: "status", "disruptionsAllowed")
        #expect(try #require(cluster.plan(for: pod)).victims.map(\.name) == ["a"], "the budget allows one")
    }

    @Test func aPoliteOneWaits() {
        let cluster = Cluster(Sample.node("n1", cpu: "1"))
        cluster.place(Sample.pod("a", cpu: "1"), on: "n1")
        var pod = Sample.pod("x", cpu: "1", priority: 10)
        pod.set("Never", at: "spec", "preemptionPolicy")
        #expect(
            cluster.message(for: pod)
                == "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible "
                + "due to preemptionPolicy=Never.")
    }

    @Test func roomThatIsBeingMadeIsKept() throws {
        let cluster = Cluster(Sample.node("n1", cpu: "1"))
        var victim = Sample.pod("a", cpu: "1")
        cluster.place(victim, on: "n1")
        let pod = Sample.pod("x", cpu: "1", priority: 10)
        cluster.cache.nominate(PodInfo(pod), try #require(cluster.plan(for: pod)).node)
        victim.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
        victim.set(
            [["type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"]], at: "status",
            "conditions")
        cluster.place(victim, on: "n1")
        #expect(
            cluster.message(for: pod).hasSuffix(
                "preemption: not eligible due to a terminating pod on the nominated node."))
        cluster.remove(victim)
        #expect(cluster.node(for: Sample.pod("thief", cpu: "1", priority: 3)) == nil, "the room is another's")
        #expect(cluster.node(for: Sample.pod("king", cpu: "1", priority: 30)) == "n1")
        #expect(cluster.schedule(pod) == "n1")
        #expect(cluster.cache.nominated.isEmpty)
    }

    @Test func whoIsInTheWayOfAffinityLeaves() throws {
        let cluster = Cluster(Sample.node("n1"))
        var lonely = Sample.pod("lonely")
        lonely.set([Sample.affinityTerm(["app": "web"])], at: "spec", "affinity", "podAntiAffinity", Sample.required)
        cluster.place(lonely, on: "n1")
        cluster.place(Sample.pod("other"), on: "n1")
        let plan = try #require(cluster.plan(for: Sample.pod("x", labels: ["app": "web"], priority: 1)))
        #expect(plan.victims.map(\.name) == ["lonely"])
    }
}
