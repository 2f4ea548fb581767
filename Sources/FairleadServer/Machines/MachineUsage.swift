import FairleadAPI
import FairleadModel
import FairleadSimulation
import FairleadStorage

/// What simulated machines use, for everybody who asks: metrics.k8s.io, the pages of kubelets, autoscalers.
struct MachineUsage: Sendable {
    private static let podResource = GroupVersionResource.pods.groupResource
    private static let nodeResource = GroupVersionResource.nodes.groupResource

    let store: Store
    let usage: SimulatedUsage
    let pages: NodePages

    init(store: Store, runtime: ContainerRuntime, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        usage = SimulatedUsage(runtime: runtime, now: now)
        pages = NodePages(usage: usage, now: now)
    }

    var resourceMetrics: ResourceMetrics {
        ResourceMetrics(nodes: { nodeMetrics() }, pods: { podMetrics($0) })
    }

    /// - Parameter namespace: nil for all.
    func podMetrics(_ namespace: String?) -> [Value] {
        let snapshot = store.current
        return usage.metrics(
            of: snapshot.objects(Self.podResource, namespace: namespace).map(\.value),
            nodes: snapshot.objects(Self.nodeResource, namespace: nil).map(\.value))
    }

    private func nodeMetrics() -> [Value] {
        let snapshot = store.current
        var pods: [String: [Value]] = [:]
        for pod in snapshot.objects(Self.podResource, namespace: nil).map(\.value) {
            pods[pod.text("spec", "nodeName"), default: []].append(pod)
        }
        return snapshot.objects(Self.nodeResource, namespace: nil).map(\.value).compactMap {
            usage.metrics(of: $0, pods: pods[$0.name] ?? [])
        }
    }

    /// What the kubelet of a node answers; nil if it has no such page.
    func page(_ name: String, _ request: APIRequest) async -> APIResponse? {
        let snapshot = store.current
        guard let node = snapshot.object(ObjectKey(Self.nodeResource, namespace: "", name: name))?.value else {
            return nil
        }
        let pods = snapshot.objects(Self.podResource, namespace: nil).map(\.value).filter {
            $0.text("spec", "nodeName") == name
        }
        guard let page = pages.page(request.path, node: node, pods: pods) else { return nil }
        return APIResponse(status: 200, contentType: page.type, body: [Array(page.text.utf8)])
    }
}
