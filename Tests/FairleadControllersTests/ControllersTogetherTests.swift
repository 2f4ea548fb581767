import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

/// Controllers against each other and a small in-memory API server.
@Suite struct ControllersTogetherTests {
    private static let resources: [ManagedResource] = [
        ManagedResource(.pods, kind: "Pod", isNamespaced: true),
        ManagedResource(.replicaSets, kind: "ReplicaSet", isNamespaced: true),
        ManagedResource(.deployments, kind: "Deployment", isNamespaced: true),
        ManagedResource(.configMaps, kind: "ConfigMap", isNamespaced: true),
    ]

    private func workloads(_ cluster: MemoryCluster) -> (InformerSet) -> [any Controller] {
        { informers in
            let environment = cluster.environment
            return [
                DeploymentController.descriptor.make(informers, environment),
                ReplicaSetController.descriptor.make(informers, environment),
                GarbageCollector.descriptor.make(
                    informers, environment, resources: ManagedResources(Self.resources, informers: informers)),
            ]
        }
    }

    private func makeReady(_ cluster: MemoryCluster) async {
        for pod in cluster.all(.pods) where !PodView(pod).isReady {
            _ = try? await cluster.patch(.pods, namespace: "n", name: pod.name, readyStatus, subresource: "status")
        }
    }

    @Test func deploymentRollsOutRollsOverAndGoes() async throws {
        let cluster = MemoryCluster()
        try await withControllers(cluster, workloads(cluster)) {
            let created = try await cluster.create(.deployments, namespace: "n", Fixture.deployment(replicas: 3))
            #expect(await eventually { cluster.all(.pods).count == 3 })
            await makeReady(cluster)
            #expect(await eventually { cluster.all(.deployments).first?.at("status", "availableReplicas")?.int == 3 })

            try await cluster.patch(
                .deployments, namespace: "n", name: "d",
                ["spec": ["template": Fixture.template(image: "img:2")]])
            func isNew(_ pod: Value) -> Bool { pod.items("spec", "containers").first?.text("image") == "img:2" }
            let isDone = { cluster.all(.pods).count == 3 && cluster.all(.pods).allSatisfy(isNew) }
            while !isDone() {
                #expect(cluster.all(.pods).count <= 4, "surge of one")
                let mayGoOn = await eventually { isDone() || cluster.all(.pods).contains { !PodView($0).isReady } }
                try #require(mayGoOn)
                await makeReady(cluster)
            }
            #expect(cluster.all(.replicaSets).count == 2)
            let messages = {
                cluster.all(.events).filter { $0.text("reason") == "ScalingReplicaSet" }.map { $0.text("message") }
            }
            #expect(await eventually { messages().contains { $0.hasSuffix("from 0 to 3") } })

            try await cluster.delete(
                .deployments, namespace: "n", name: "d",
                options: DeleteOptions(uid: created.uid, propagationPolicy: "Foreground"))
            let isGone = await eventually {
                cluster.all(.deployments).isEmpty && cluster.all(.replicaSets).isEmpty && cluster.all(.pods).isEmpty
            }
            #expect(isGone)
        }
    }

    @Test func setNeverMakesTooManyPods() async throws {
        let cluster = MemoryCluster()
        try await withControllers(cluster, workloads(cluster)) {
            var set = Fixture.set("r", image: "img:1", size: 40, desired: 1, maximum: 1)
            set["status"] = nil
            set.set(["matchLabels": ["app": "a"]], at: "spec", "selector")
            _ = try await cluster.create(.replicaSets, namespace: "n", set)
            #expect(await eventually { cluster.all(.replicaSets).first?.at("status", "replicas")?.int == 40 })
            try await cluster.patch(.replicaSets, namespace: "n", name: "r", ["spec": ["replicas": 5]])
            #expect(await eventually { cluster.all(.replicaSets).first?.at("status", "replicas")?.int == 5 })
            #expect(cluster.all(.pods).count == 5)
        }
    }

    @Test func orphanDeletionLeavesDependentsWithoutOwner() async throws {
        let cluster = MemoryCluster()
        try await withControllers(cluster, workloads(cluster)) {
            let owner = try await cluster.create(
                .configMaps, namespace: "n", ["kind": "ConfigMap", "metadata": ["name": "owner"]])
            var child: Value = ["kind": "ConfigMap", "metadata": ["name": "child"]]
            child.ownerReferences = [OwnerReference(apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.uid)]
            _ = try await cluster.create(.configMaps, namespace: "n", child)
            var dangling = child
            dangling.name = "dangling"
            dangling.ownerReferences[0].uid = "nobody"
            _ = try await cluster.create(.configMaps, namespace: "n", dangling)
            #expect(await eventually { cluster.all(.configMaps).count == 2 }, "the dangling one is collected")
            try await cluster.delete(
                .configMaps, namespace: "n", name: "owner", options: DeleteOptions(propagationPolicy: "Orphan"))
            #expect(await eventually { cluster.all(.configMaps).map(\.name) == ["child"] })
            #expect(cluster.all(.configMaps).first?.ownerReferences == [])
        }
    }
}
