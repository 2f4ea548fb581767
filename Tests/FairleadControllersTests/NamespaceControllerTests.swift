import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

@Suite struct NamespaceControllerTests {
    @Test func emptiesTheNamespaceAndWaitsForFinalizers() async throws {
        let cluster = MemoryCluster()
        let resources = [
            ManagedResource(.pods, kind: "Pod", isNamespaced: true),
            ManagedResource(.configMaps, kind: "ConfigMap", isNamespaced: true),
            ManagedResource(.nodes, kind: "Node", isNamespaced: false),
        ]
        let make: (InformerSet) -> [any Controller] = { informers in
            [
                NamespaceController.descriptor.make(
                    informers, cluster.environment, resources: ManagedResources(resources, informers: informers))
            ]
        }
        try await withControllers(cluster, make) {
            _ = try await cluster.create(
                .namespaces, namespace: "",
                [
                    "kind": "Namespace", "metadata": ["name": "n", "finalizers": ["test/keep"]],
                    "spec": ["finalizers": ["kubernetes"]],
                ])
            for index in 0..<40 {
                let held: Value = index == 0 ? ["example.com/f"] : []
                let map: Value = ["kind": "ConfigMap", "metadata": ["name": .string("c\(index)"), "finalizers": held]]
                _ = try await cluster.create(.configMaps, namespace: "n", map)
            }
            _ = try await cluster.create(.pods, namespace: "n", Fixture.pod("p"))
            try await cluster.delete(.namespaces, namespace: "", name: "n")
            func remaining() -> String? {
                cluster.all(.namespaces).first?.items("status", "conditions")
                    .first { $0.text("type") == "NamespaceContentRemaining" }?.text("message")
            }
            #expect(
                await eventually { remaining() == "Some resources are remaining: configmaps. has 1 resource instances" }
            )
            #expect(cluster.all(.pods).isEmpty)
            #expect(cluster.all(.namespaces).first?.texts("spec", "finalizers") == ["kubernetes"])
            try await cluster.patch(.configMaps, namespace: "n", name: "c0", ["metadata": ["finalizers": .null]])
            #expect(await eventually { cluster.all(.namespaces).first?.at("spec", "finalizers") == nil })
        }
    }
}
