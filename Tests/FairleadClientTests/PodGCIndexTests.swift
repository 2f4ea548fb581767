import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadClient

@Suite(.timeLimit(.minutes(1)))
struct PodGCIndexTests {
    private func pod(_ name: String, node: String = "", phase: String = "Running", isLeaving: Bool = false) -> Value {
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "namespace": "n"],
            "spec": ["nodeName": .string(node)], "status": ["phase": .string(phase)],
        ]
        if isLeaving { pod.set("2027-01-01T00:00:00Z", at: "metadata", "deletionTimestamp") }
        return pod
    }

    @Test func onlyPodsThatMayHaveToGoAreCandidates() async throws {
        let client = InMemoryClient()
        let informers = InformerSet(client: client, clock: ManualClock())
        let informer = informers.informer(.pods)
        PodGCIndex.install(on: informer)
        for pod in [
            pod("fine", node: "here"), pod("lost", node: "gone"), pod("over", node: "here", phase: "Succeeded"),
            pod("over-and-lost", node: "gone", phase: "Failed"), pod("waiting", phase: "Pending"),
            pod("given-up", phase: "Pending", isLeaving: true), pod("leaving", node: "here", isLeaving: true),
        ] { client.put(.pods, pod) }
        func names(_ nodes: Set<String>, _ limit: Int) -> [String] {
            PodGCIndex.candidates(in: informer.lister, nodes: nodes, finishedLimit: limit).map(\.name).sorted()
        }
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            await informers.waitForSync()
            #expect(names(["here"], 2) == ["given-up", "lost", "over-and-lost"])
            #expect(names(["here"], 1) == ["given-up", "lost", "over", "over-and-lost"])
            #expect(names(["here", "gone"], 2) == ["given-up"])
            group.cancelAll()
        }
    }
}
