package import FairleadClient
package import FairleadModel

/// Keeps simulated nodes alive: registers them at start, renews their leases every ten seconds and reports their
/// status.
///
/// A node with the annotation `fairlead.dev/down: "true"` falls silent; without it, it reports at once. A Node that a
/// user deletes stays away until the next start, as a machine whose kubelet keeps running does.
package final class NodeAgent: Controller {
    package let name = "simulated-nodes"
    static let leaseNamespace = "kube-node-lease"
    static let leaseDuration: Int64 = 40
    static let renewInterval = 10.0
    static let reportInterval = 300.0

    private let blueprint: SimulatedNodes
    private let informers: [Informer]
    private let recorder: EventRecorder
    private let queue: WorkQueue<String>
    private let runner: ControllerRunner<String>
    private let worker: NodeWorker

    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment, blueprint: SimulatedNodes
    ) {
        let queue = WorkQueue<String>()
        let nodes = informers.informer(.nodes)
        let worker = NodeWorker(client: client, nodes: nodes.lister, blueprint: blueprint, now: environment.now)
        self.blueprint = blueprint
        self.queue = queue
        self.worker = worker
        recorder = EventRecorder(client: client, component: "kubelet", environment: environment)
        runner = ControllerRunner(name: name, workers: 2, queue: queue) { try await worker.reconcile($0) }
        self.informers = [nodes]
        nodes.addHandler { change in
            let wasAlive = change.old.map { SimulationKeys.isAlive($0.value) } ?? false
            let isAlive = change.new.map { SimulationKeys.isAlive($0.value) } ?? false
            let isNew = change.old?.value.uid != change.new?.value.uid
            if isAlive, !wasAlive || isNew { queue.add(change.name.name) }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async {
        for informer in informers { await informer.waitForSync() }
        if Task.isCancelled { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.recorder.run() }
            for index in 0..<blueprint.count { await register(index) }
            await runner.run()
            group.cancelAll()
        }
    }

    private func register(_ index: Int) async {
        let node = blueprint.node(index)
        do {
            let created = try await worker.client.create(.nodes, namespace: "", node)
            recorder.event(about: created, type: "Normal", reason: "Starting", message: "Starting kubelet.")
        } catch {
            // There from an earlier run: its lease and report are what it needs.
            queue.add(node.name)
        }
    }
}

/// Renews the lease of one node, and reports its status when that is due or has changed.
struct NodeWorker: Sendable {
    let client: any ObjectClient
    let nodes: Lister
    let blueprint: SimulatedNodes
    let now: @Sendable () -> Timestamp

    func reconcile(_ name: String) async throws -> ReconcileResult {
        guard let node = nodes.get(namespace: "", name: name)?.value, SimulationKeys.isAlive(node) else { return .done }
        let time = now()
        try await renewLease(of: node, time)
        let index = (0..<blueprint.count).first { SimulatedNodes.name($0) == name }
        let report = NodeStatus.reported(node, address: index.map(blueprint.address), now: time)
        if NodeStatus.isNews(report, node) || isReportDue(node, time) {
            _ = try await client.update(.nodes, report, subresource: "status")
        }
        return .again(after: NodeAgent.renewInterval)
    }

    private func isReportDue(_ node: Value, _ time: Timestamp) -> Bool {
        let ready = node.items("status", "conditions").first { $0.text("type") == "Ready" }
        guard let last = ready.flatMap({ Timestamp(rfc3339: $0.text("lastHeartbeatTime")) }) else { return true }
        return time.since(last) >= NodeAgent.reportInterval
    }

    private func renewLease(of node: Value, _ time: Timestamp) async throws(APIStatus) {
        let spec: Value = [
            "holderIdentity": .string(node.name), "leaseDurationSeconds": .int(NodeAgent.leaseDuration),
            "renewTime": .string(time.rfc3339Micro),
        ]
        do {
            try await client.patch(.leases, namespace: NodeAgent.leaseNamespace, name: node.name, ["spec": spec])
        } catch {
            guard error.code == 404 else { throw error }
            let owner = OwnerReference(apiVersion: "v1", kind: "Node", name: node.name, uid: node.uid)
            _ = try await client.create(
                .leases, namespace: NodeAgent.leaseNamespace,
                [
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": [
                        "name": .string(node.name), "namespace": .string(NodeAgent.leaseNamespace),
                        "ownerReferences": [owner.value],
                    ],
                    "spec": spec,
                ])
        }
    }
}
