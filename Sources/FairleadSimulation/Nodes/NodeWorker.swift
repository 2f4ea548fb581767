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
    private let indexes: [String: Int]
    private let state: Mutex<State>

    private struct State {
        /// Nodes of the blueprint that have not yet been created or found.
        var unregistered: [String: Int]
        /// When each node last reported.
        var reports: [String: Duration] = [:]
        /// The version of each node about which there was nothing to report.
        var quiet: [String: Int64] = [:]
        /// The places of nodes that a user has made, after those of the blueprint.
        var places: [String: Int] = [:]
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
        indexes = Dictionary(names) { first, _ in first }
        state = Mutex(State(unregistered: indexes))
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
        guard let stored = nodes.get(namespace: "", name: name), SimulationKeys.isAlive(stored.value) else {
            state.withLock {
                $0.reports[name] = nil
                $0.quiet[name] = nil
                $0.places[name] = nil
            }
            return .done
        }
        let (node, time) = (stored.value, now())
        try await renewLease(of: node, time)
        if !isReportDue(name), state.withLock({ $0.quiet[name] == stored.revision }) {
            return .again(after: untilRenewal)
        }
        let index = indexes[name]
        if index == nil, NodeView(node).podCIDRs.isEmpty, try await assignPodRanges(to: node) {
            // The report is made of the node as it is then.
            return .again(after: .milliseconds(50))
        }
        let addresses =
            if let index {
                blueprint.addresses(index)
            } else if NodeView(node).internalIPs.isEmpty {
                blueprint.addresses(place(of: node))
            } else {
                [String]()
            }
        let report = NodeStatus.reported(node, addresses: addresses, now: time)
        if NodeStatus.isNews(report, node) || isReportDue(name) {
            _ = try await client.update(.nodes, report, subresource: "status")
            let moment = clock.now
            state.withLock { $0.reports[name] = moment }
        } else {
            state.withLock { $0.quiet[name] = stored.revision }
        }
        return .again(after: untilRenewal)
    }

    /// Up to a second less than the interval, so that nodes come to renew their leases in the same moment.
    private var untilRenewal: Duration {
        guard renewInterval >= .seconds(5) else { return renewInterval }
        let (_, attoseconds) = (clock.now + renewInterval).components
        return renewInterval - Duration(secondsComponent: 0, attosecondsComponent: attoseconds)
    }

    /// The first place after those of the blueprint of which no other node has a range or an address.
    private func place(of node: Value) -> Int {
        let others = nodes.list().map { NodeView($0.value) }.filter { $0.name != node.name }
        let taken = Set(others.flatMap { $0.podCIDRs + $0.internalIPs })
        return state.withLock { state in
            if let known = state.places[node.name] { return known }
            let reserved = Set(state.places.values)
            // One of so many places is free.
            let places = blueprint.count..<(blueprint.count + others.count + reserved.count + 1)
            let free = places.first { place in
                let own = blueprint.podRanges(place).map(\.description) + blueprint.addresses(place)
                return !reserved.contains(place) && taken.isDisjoint(with: own)
            }
            let place = free ?? places.upperBound
            state.places[node.name] = place
            return place
        }
    }

    /// What kube-controller-manager does with `--allocate-node-cidrs`. Returns false if the pod ranges are used up.
    private func assignPodRanges(to node: Value) async throws(APIStatus) -> Bool {
        let ranges = blueprint.podRanges(place(of: node)).map { Value.string($0.description) }
        guard let first = ranges.first else { return false }
        _ = try await ignoringNotFound(
            await client.patch(
                .nodes, namespace: "", name: node.name, ["spec": ["podCIDR": first, "podCIDRs": .array(ranges)]]))
        return true
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
