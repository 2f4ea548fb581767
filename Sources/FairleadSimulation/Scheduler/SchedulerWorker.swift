import FairleadClient
import FairleadModel
import Synchronization

/// Finds a node for one pod and binds it.
final class SchedulerWorker: Sendable {
    private let client: any ObjectClient
    private let binder: any PodBinder
    private let pods: Lister
    private let nodes: Lister
    private let recorder: EventRecorder
    private let now: @Sendable () -> Timestamp
    private let placements = Mutex(PlacementTable())

    init(
        client: any ObjectClient, binder: any PodBinder, pods: Lister, nodes: Lister, recorder: EventRecorder,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.client = client
        self.binder = binder
        self.pods = pods
        self.nodes = nodes
        self.recorder = recorder
        self.now = now
    }

    static func isWaiting(_ pod: Value) -> Bool {
        let view = PodView(pod)
        return view.nodeName.isEmpty && !view.isFinished && !view.isTerminating
            && (view.schedulerName == "default-scheduler" || view.schedulerName.isEmpty)
            && pod.items("spec", "schedulingGates").isEmpty
    }

    /// Updates the placements. Returns whether the change has freed resources somewhere.
    func observe(_ change: ObjectChange) -> Bool {
        guard let latest = change.latest?.value else { return false }
        let view = PodView(latest)
        if change.isDeletion || view.isFinished {
            return placements.withLock { placements in
                defer { placements.remove(latest.uid) }
                return placements.isPlaced(latest.uid)
            }
        }
        if !view.nodeName.isEmpty { placements.withLock { $0.put(latest, on: view.nodeName) } }
        return false
    }

    func schedule(_ key: ObjectName) async throws -> ReconcileResult {
        guard let pod = pods.get(key)?.value, Self.isWaiting(pod) else { return .done }
        if placements.withLock({ $0.isPlaced(pod.uid) }) { return .done }
        switch SchedulingDecision(pod: pod).outcome(among: candidates()) {
        case .node(let node): try await bind(pod, to: node)
        case .unschedulable(let message): try await refuse(pod, message)
        }
        return .done
    }

    private func candidates() -> [SchedulingNode] {
        // A node that has just been registered has not yet reported its capacity.
        let present = nodes.list().filter {
            $0.value.deletionTimestamp == nil && $0.value.at("status", "allocatable") != nil
        }
        return placements.withLock { placements in
            present.map { SchedulingNode($0.value, placements.usage(of: $0.key.name)) }
        }
    }

    private func bind(_ pod: Value, to node: String) async throws(APIStatus) {
        placements.withLock { $0.put(pod, on: node) }
        do {
            try await binder.bind(namespace: pod.namespace, pod: pod.name, to: node, uid: pod.uid)
        } catch {
            placements.withLock { $0.remove(pod.uid) }
            // Deleted, or bound by somebody else: the change event tells if there is more to do.
            if error.code == 404 || error.code == 409 { return }
            throw error
        }
        recorder.event(
            about: pod, type: "Normal", reason: "Scheduled",
            message: "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)")
    }

    private func refuse(_ pod: Value, _ message: String) async throws(APIStatus) {
        recorder.event(about: pod, type: "Warning", reason: "FailedScheduling", message: message)
        var conditions = Conditions(of: pod)
        if let old = conditions["PodScheduled"], old.text("status") == "False", old.text("message") == message {
            return
        }
        conditions.set(
            "PodScheduled", false, reason: "Unschedulable", message: message, more: ["lastProbeTime": .null],
            now: now(), movesLast: true)
        try await ignoringNotFound(
            await client.patch(
                .pods, namespace: pod.namespace, name: pod.name,
                ["status": ["conditions": conditions.value ?? .null]], subresource: "status"))
    }
}
