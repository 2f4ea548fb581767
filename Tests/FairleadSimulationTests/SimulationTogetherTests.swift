import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadSimulation

/// Nodes, scheduler and kubelets against a small in-memory API server.
@Suite struct SimulationTogetherTests {
    private struct Binder: PodBinder {
        let client: InMemoryClient

        func bind(namespace: String, pod: String, to node: String, uid: String?) async throws(APIStatus) {
            _ = try await client.patch(
                .pods, namespace: namespace, name: pod, ["spec": ["nodeName": .string(node)]], subresource: nil)
        }
    }

    private func withSimulation(_ client: InMemoryClient, nodes: Int, _ body: () async throws -> Void) async throws {
        let informers = InformerSet(client: client)
        var settings = Simulation.Settings(
            binder: Binder(client: client),
            nodes: SimulatedNodes(count: nodes, podCIDRs: [try #require(CIDR("10.244.0.0/16"))]))
        settings.delays.pull = .milliseconds(10)
        let context = ControllerContext(informers: informers, environment: .live)
        let controllers = Simulation.controllers.map { $0.make(context, settings) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            for controller in controllers { group.addTask { await controller.run() } }
            try await body()
            group.cancelAll()
        }
    }

    private func pod(_ index: Int) -> Value {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string("p\(index)"), "namespace": "n", "uid": .string("u\(index)")],
            "spec": ["schedulerName": "default-scheduler", "containers": [["name": "c", "image": "nginx"]]],
            "status": ["phase": "Pending"],
        ]
    }

    @Test func podsAreSpreadAndBecomeReadyWithAddressesOfTheirNodes() async throws {
        let client = InMemoryClient()
        try await withSimulation(client, nodes: 3) {
            #expect(await eventually { client.objects(.nodes).count { NodeView($0).isReady } == 3 })
            for index in 0..<6 { client.put(.pods, pod(index)) }
            #expect(await eventually { client.objects(.pods).allSatisfy { PodView($0).isReady } })
            let pods = client.objects(.pods).map { PodView($0) }
            #expect(Set(pods.map(\.podIP)).count == 6)
            for node in client.objects(.nodes) {
                let range = try #require(CIDR(node.text("spec", "podCIDR")))
                let here = pods.filter { $0.nodeName == node.name }
                #expect(here.count == 2)
                #expect(here.allSatisfy { IPAddress($0.podIP).map(range.contains) ?? false })
                #expect(here.allSatisfy { $0.hostIP == NodeView(node).internalIPs.first })
            }
            #expect(client.objects(.leases).map(\.name).sorted() == ["node-1", "node-2", "node-3"])
        }
    }

    @Test func aNodeThatIsDownDoesNothingUntilItIsBack() async throws {
        let client = InMemoryClient()
        try await withSimulation(client, nodes: 1) {
            #expect(await eventually { client.objects(.nodes).first.map { NodeView($0).isReady } ?? false })
            _ = try await client.patch(
                .nodes, namespace: "", name: "node-1", ["metadata": ["annotations": ["fairlead.dev/down": "true"]]],
                subresource: nil)
            client.put(.pods, pod(0))
            #expect(await eventually { !PodView(client.objects(.pods)[0]).nodeName.isEmpty })
            #expect(PodView(client.objects(.pods)[0]).podIP.isEmpty)
            _ = try await client.patch(
                .nodes, namespace: "", name: "node-1", ["metadata": ["annotations": ["fairlead.dev/down": .null]]],
                subresource: nil)
            #expect(await eventually { PodView(client.objects(.pods)[0]).isReady })
        }
    }

    @Test func nodesThatAUserMakesGetARangeAndAnAddress() async throws {
        let client = InMemoryClient()
        try await withSimulation(client, nodes: 1) {
            for name in ["mine", "yours"] {
                client.put(
                    .nodes, ["metadata": ["name": .string(name), "annotations": ["fairlead.dev/simulated": "true"]]])
            }
            #expect(
                await eventually {
                    let nodes = client.objects(.nodes).map { NodeView($0) }
                    return nodes.count == 3 && nodes.allSatisfy(\.isReady)
                })
            let nodes = client.objects(.nodes).map { NodeView($0) }
            #expect(Set(nodes.flatMap(\.podCIDRs)) == ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"])
            #expect(Set(nodes.flatMap(\.internalIPs)) == ["172.18.0.2", "172.18.0.3", "172.18.0.4"])
        }
    }
}
