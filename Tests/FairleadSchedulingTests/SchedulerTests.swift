import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadScheduling

/// The scheduler against a small in-memory API server.
@Suite struct SchedulerTests {
    private struct Binder: PodBinder {
        let client: InMemoryClient

        func bind(namespace: String, pod: String, to node: String, uid: String?) async throws(APIStatus) {
            _ = try await client.patch(
                .pods, namespace: namespace, name: pod, ["spec": ["nodeName": .string(node)]], subresource: nil)
        }
    }

    private func withScheduler(_ client: InMemoryClient, _ body: () async throws -> Void) async throws {
        let informers = InformerSet(client: client)
        let context = ControllerContext(informers: informers, environment: .live)
        let scheduler = Scheduler.descriptor.make(context, Scheduler.Settings(binder: Binder(client: client)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            group.addTask { await scheduler.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func pod(_ client: InMemoryClient, _ name: String) -> Value? {
        client.objects(.pods).first { $0.name == name }
    }

    private func node(of name: String, _ client: InMemoryClient) -> String {
        pod(client, name)?.text("spec", "nodeName") ?? ""
    }

    @Test func aPodThatFitsNowhereIsToldSoAndTriedAgain() async throws {
        let client = InMemoryClient()
        client.put(.nodes, Sample.node("n1", cpu: "1"))
        try await withScheduler(client) {
            client.put(.pods, Sample.pod("a", cpu: "1"))
            #expect(await eventually { node(of: "a", client) == "n1" })
            client.put(.pods, Sample.pod("b", cpu: "1"))
            #expect(
                await eventually {
                    pod(client, "b").map { Conditions(of: $0)["PodScheduled"] }??.text("reason") == "Unschedulable"
                })
            let condition = try #require(pod(client, "b").map { Conditions(of: $0) }?["PodScheduled"])
            #expect(condition.text("message").hasPrefix("0/1 nodes are available: 1 Insufficient cpu."))
            #expect(
                await eventually { client.objects(.events).contains { $0.text("reason") == "FailedScheduling" } })
            try await client.delete(.pods, namespace: "default", name: "a")
            #expect(await eventually { node(of: "b", client) == "n1" })
            client.put(.pods, Sample.pod("c", cpu: "500m"))
            client.put(.nodes, Sample.node("n2", cpu: "1"))
            #expect(await eventually { node(of: "c", client) == "n2" })
        }
    }

    @Test func othersPodsAndGatedOnesAreLeftAlone() async throws {
        let client = InMemoryClient()
        client.put(.nodes, Sample.node("n1"))
        try await withScheduler(client) {
            var foreign = Sample.pod("foreign")
            foreign.set("my-scheduler", at: "spec", "schedulerName")
            client.put(.pods, foreign)
            var gated = Sample.pod("gated")
            gated.set([["name": "wait"]], at: "spec", "schedulingGates")
            client.put(.pods, gated)
            client.put(.pods, Sample.pod("plain"))
            #expect(await eventually { node(of: "plain", client) == "n1" })
            #expect(node(of: "foreign", client).isEmpty && node(of: "gated", client).isEmpty)
            gated.set(nil, at: "spec", "schedulingGates")
            client.put(.pods, gated)
            #expect(await eventually { node(of: "gated", client) == "n1" })
        }
    }

    @Test func aPodOfHigherPriorityMakesRoom() async throws {
        let client = InMemoryClient()
        client.put(.nodes, Sample.node("n1", cpu: "1"))
        try await withScheduler(client) {
            var victim = Sample.pod("low", cpu: "1")
            victim.finalizers = ["example.com/slow"]
            client.put(.pods, victim)
            #expect(await eventually { node(of: "low", client) == "n1" })
            client.put(.pods, Sample.pod("high", cpu: "1", priority: 100))
            #expect(await eventually { pod(client, "low")?.deletionTimestamp != nil })
            let condition = try #require(pod(client, "low").map { Conditions(of: $0) }?["DisruptionTarget"])
            #expect(condition.text("reason") == "PreemptionByScheduler")
            #expect(
                condition.text("message")
                    == "default-scheduler: preempting to accommodate a higher priority pod")
            #expect(await eventually { pod(client, "high")?.text("status", "nominatedNodeName") == "n1" })
            #expect(node(of: "high", client).isEmpty)
            client.put(.pods, Sample.pod("thief", cpu: "1"))
            _ = try await client.patch(
                .pods, namespace: "default", name: "low", ["metadata": ["finalizers": .null]], subresource: nil)
            #expect(await eventually { node(of: "high", client) == "n1" })
            #expect(node(of: "thief", client).isEmpty)
            #expect(
                await eventually {
                    client.objects(.events).contains {
                        $0.text("reason") == "Preempted"
                            && $0.text("message") == "Preempted by pod uid-high on node n1"
                    }
                })
        }
    }

    @Test func aClaimThatWaitsForItsPodGetsAVolumeOfTheNode() async throws {
        let client = InMemoryClient()
        client.put(.nodes, Sample.node("n1"))
        client.put(
            .storageClasses,
            [
                "metadata": ["name": "made"], "provisioner": "example.com/disks",
                "volumeBindingMode": "WaitForFirstConsumer",
            ])
        client.put(
            .persistentVolumeClaims,
            [
                "metadata": ["name": "data", "namespace": "default", "uid": "c"],
                "spec": ["storageClassName": "made", "accessModes": ["ReadWriteOnce"]],
            ])
        try await withScheduler(client) {
            var user = Sample.pod("user")
            user.set(
                [["name": "v", "persistentVolumeClaim": ["claimName": "data"]]], at: "spec", "volumes")
            client.put(.pods, user)
            let selected = "volume.kubernetes.io/selected-node"
            #expect(
                await eventually { client.objects(.persistentVolumeClaims).first?.annotations[selected] == "n1" })
            #expect(node(of: "user", client).isEmpty)
            // What a provisioner and the binder do.
            client.put(.persistentVolumes, ["metadata": ["name": "v1"], "spec": .object(Object())])
            _ = try await client.patch(
                .persistentVolumeClaims, namespace: "default", name: "data",
                [
                    "metadata": ["annotations": ["pv.kubernetes.io/bind-completed": "yes"]],
                    "spec": ["volumeName": "v1"],
                ], subresource: nil)
            #expect(await eventually { node(of: "user", client) == "n1" })
        }
    }
}
