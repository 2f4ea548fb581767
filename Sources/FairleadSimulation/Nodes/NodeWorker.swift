import FairleadClient
import FairleadModel
import Synchronization

/// Handles one node: registers it, renews its lease, and reports its status when that is due or has changed.
final class NodeWorker: Sendable {
    private static let leaseNamespace = "kube-node-lease"
    private static let leaseDuration: Int64 = 40
    private static let reportInterval = Duration.seconds(300)

    private let client: any ObjectClient
    private let nodes: Lister
    private let blueprint: SimulatedNodes
    private let recorder: EventRecorder
    private let now: @Sendable () -> Timestamp
    private let clock: any DelayClock
    private let renewInterval: Duration
    private let state: Mutex<State>

    private struct State {
        /// Nodes of the blueprint that have not yet been created or found.
        var unregistered: [String: Int]
        /// When each node last reported.
        var reports: [String: Duration] = [:]
    }

    init(
        client: any ObjectClient, nodes: Lister, blueprint: SimulatedNodes, recorder: EventRecorder,
        now: @escaping @Sendable () -> Timestamp, clock: any DelayClock, renewInterval: Duration
    ) {
        self.client = client
        self.nodes = nodes
        self.blueprint = blueprint
        self.recorder = recorder
        self.now = now
        self.clock = clock
        self.renewInterval = renewInterval
        let names = (0..<max(blueprint.count, 0)).map { (SimulatedNodes.name($0), $0) }
        state = Mutex(State(unregistered: Dictionary(names) { first, _ in first }))
    }

    /// Sorted in the order of the blueprint.
    var unregistered: [String] { state.withLock { $0.unregistered.sorted { $0.value < $1.value }.map(\.key) } }

    /// Whether the node lifecycle controller has marked this node as not reporting.
    static func isCalledSilent(_ node: Value) -> Bool {
        let ready = NodeView(node).condition("Ready")
        return ready?.text("status") == "Unknown" && ready?.text("reason") == "NodeStatusUnknown"
    }

    func reconcile(_ name: String) async throws -> ReconcileResult {
        if let index = state.withLock({ $0.unregistered[name] }) {
            let isNew = try await register(index)
            state.withLock { _ = $0.unregistered.removeValue(forKey: name) }
            // The event of its creation brings it back here.
            if isNew { return .done }
        }
        guard let node = nodes.get(namespace: "", name: name)?.value, SimulationKeys.isAlive(node) else {
            state.withLock { _ = $0.reports.removeValue(forKey: name) }
            return .done
        }
        let time = now()
        try await renewLease(of: node, time)
        let index = (0..<blueprint.count).first { SimulatedNodes.name($0) == name }
        let report = NodeStatus.reported(node, addresses: index.map(blueprint.addresses) ?? [], now: time)
        if NodeStatus.isNews(report, node) || isReportDue(name) {
            _ = try await client.update(.nodes, report, subresource: "status")
            let moment = clock.now
            state.withLock { $0.reports[name] = moment }
        }
        return .again(after: renewInterval)
    }

    /// Returns false for a node that exists from an earlier run, which only needs its lease and report.
    private func register(_ index: Int) async throws(APIStatus) -> Bool {
        do {
            let created = try await client.create(.nodes, namespace: "", blueprint.node(index))
            recorder.event(about: created, type: "Normal", reason: "Starting", message: "Starting kubelet.")
            return true
        } catch {
            guard error.reason == "AlreadyExists" else { throw error }
            return false
        }
    }

    private func isReportDue(_ name: String) -> Bool {
        guard let last = state.withLock({ $0.reports[name] }) else { return true }
        return clock.now - last >= Self.reportInterval
    }

    private func renewLease(of node: Value, _ time: Timestamp) async throws(APIStatus) {
        let spec: Value = [
            "holderIdentity": .string(node.name), "leaseDurationSeconds": .int(Self.leaseDuration),
            "renewTime": .string(time.rfc3339Micro),
        ]
        let renewed = try await ignoringNotFound(
            await client.patch(.leases, namespace: Self.leaseNamespace, name: node.name, ["spec": spec]))
        if renewed != nil { return }
        let owner = OwnerReference(apiVersion: "v1", kind: "Node", name: node.name, uid: node.uid)
        _ = try await client.create(
            .leases, namespace: Self.leaseNamespace,
            [
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": [
                    "name": .string(node.name), "namespace": .string(Self.leaseNamespace),
                    "ownerReferences": [owner.value],
                ],
                "spec": spec,
            ])
    }
}
