import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadSimulation

/// What a kubelet remembers ends with the pod.
@Suite struct KubeletMemoryTests {
    /// Deletes a pod while its status is being written.
    private struct Interloper: ObjectClient {
        let client: InMemoryClient
        let whenWritten: @Sendable () async -> Void

        func update(
            _ resource: GroupVersionResource, _ object: Value, subresource: String?
        ) async throws(APIStatus) -> Value {
            let written = try await client.update(resource, object, subresource: subresource)
            await whenWritten()
            return written
        }

        func get(_ resource: GroupVersionResource, namespace: String, name: String) async throws(APIStatus) -> Value {
            try await client.get(resource, namespace: namespace, name: name)
        }
        func list(_ resource: GroupVersionResource, namespace: String?) async throws(APIStatus) -> ObjectList {
            try await client.list(resource, namespace: namespace)
        }
        func watch(
            _ resource: GroupVersionResource, after revision: Int64
        ) async throws(APIStatus) -> any ObjectWatch {
            try await client.watch(resource, after: revision)
        }
        func create(
            _ resource: GroupVersionResource, namespace: String, _ object: Value
        ) async throws(APIStatus) -> Value {
            try await client.create(resource, namespace: namespace, object)
        }
        func patch(
            _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value, subresource: String?
        ) async throws(APIStatus) -> Value {
            try await client.patch(
                resource, namespace: namespace, name: name, patch, subresource: subresource)
        }
        func delete(
            _ resource: GroupVersionResource, namespace: String, name: String, options: DeleteOptions
        ) async throws(APIStatus) {
            try await client.delete(resource, namespace: namespace, name: name, options: options)
        }
    }

    private static let pod: Value = [
        "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "namespace": "n", "uid": "u"],
        "spec": ["nodeName": "node-1", "containers": [["name": "c", "image": "nginx"]]], "status": ["phase": "Pending"],
    ]
    private static let node: Value = [
        "apiVersion": "v1", "kind": "Node",
        "metadata": ["name": "node-1", "uid": "n1", "annotations": ["fairlead.dev/simulated": "true"]],
        "spec": ["podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24"]],
        "status": ["addresses": [["type": "InternalIP", "address": "10.0.0.1"]]],
    ]

    @Test(arguments: [false, true])
    func aPodThatGoesWhileItsStatusIsWrittenIsForgotten(goes: Bool) async throws {
        let client = InMemoryClient()
        client.put(.nodes, Self.node)
        client.put(.pods, Self.pod)
        let informers = InformerSet(client: client)
        let pods = informers.lister(.pods)
        let nodes = informers.lister(.nodes)
        let key = ObjectName(namespace: "n", name: "p")
        let interloper = Interloper(client: client) {
            guard goes else { return }
            // A failure shows below: the pod stays.
            try? await client.delete(.pods, namespace: "n", name: "p", options: DeleteOptions(gracePeriodSeconds: 0))
            #expect(await eventually { pods.get(key) == nil })
        }
        let worker = KubeletWorker(
            client: interloper, pods: pods, nodes: nodes,
            recorder: EventRecorder(client: client, component: "kubelet", environment: .live),
            delays: StageDelays(), now: Environment.live.now, clock: SystemDelayClock())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            #expect(await eventually { pods.get(key) != nil && nodes.get(namespace: "", name: "node-1") != nil })
            _ = try await worker.reconcile(key)
            #expect(worker.rememberedPods == (goes ? 0 : 1))
            group.cancelAll()
        }
    }
}
