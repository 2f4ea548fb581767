import FairleadClient
import FairleadModel
import Synchronization

/// Handles one node: its health, its taints, and the eviction of its pods.
final class NodeLifecycleWorker: Sendable {
    static let leaseNamespace = "kube-node-lease"
    private static let ttlAnnotation = "node.alpha.kubernetes.io/ttl"

    private let client: any ObjectClient
    private let nodes: Lister
    private let podsOnNode: @Sendable (String) -> [StoredObject]
    private let nodeEvents: EventRecorder
    private let evictionEvents: EventRecorder
    private let limits: NodeHealth.Limits
    private let now: @Sendable () -> Timestamp
    private let clock: any DelayClock
    private let state = Mutex(State())

    private struct State {
        var awake = AwakeTime()
        var heartbeats = NodeHeartbeats()
        /// For each node with NoExecute taints: since when each pod that will be evicted has been waiting.
        var leaving: [String: [String: Duration]] = [:]
    }

    init(
        _ client: any ObjectClient, nodes: Lister, podsOnNode: @escaping @Sendable (String) -> [StoredObject],
        nodeEvents: EventRecorder, evictionEvents: EventRecorder, limits: NodeHealth.Limits,
        now: @escaping @Sendable () -> Timestamp, clock: any DelayClock
    ) {
        self.client = client
        self.nodes = nodes
        self.podsOnNode = podsOnNode
        self.nodeEvents = nodeEvents
        self.evictionEvents = evictionEvents
        self.limits = limits
        self.now = now
        self.clock = clock
    }

    /// Returns whether this began or ended a full disruption: then every node must be reconciled.
    func observe(node change: ObjectChange) -> Bool {
        let now = clock.now
        return state.withLock { state in
            let now = state.awake.read(now)
            let wasDisrupted = state.heartbeats.isDisrupted
            if let node = change.new {
                state.heartbeats.status(NodeView(node), now: now)
            } else {
                state.heartbeats.forget(change.name.name)
                state.leaving[change.name.name] = nil
            }
            if wasDisrupted == state.heartbeats.isDisrupted { return false }
            if wasDisrupted { state.heartbeats.startAfresh(now: now) }
            return true
        }
    }

    func observe(lease: StoredObject) {
        let now = clock.now
        let renewTime = lease.value.text("spec", "renewTime")
        state.withLock { state in
            let now = state.awake.read(now)
            state.heartbeats.lease(lease.key.name, renewTime: renewTime, now: now)
        }
    }

    func forget(lease node: String) { state.withLock { $0.heartbeats.leaseDeleted(node) } }

    /// Reads the clock continually, so that a pause is noticed. Runs until the task is cancelled.
    func stayAwake() async {
        while !Task.isCancelled {
            let now = clock.now
            state.withLock { _ = $0.awake.read(now) }
            await clock.sleep(for: AwakeTime.period)
        }
    }

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let object = nodes.get(key) else { return .done }
        let node = NodeView(object)
        let clockNow = clock.now
        let (silence, isNew) = state.withLock { state in
            let now = state.awake.read(clockNow)
            let isNew = state.heartbeats.register(node.name, now: now)
            return (state.heartbeats.silence(of: node.name, now: now), isNew)
        }
        if isNew {
            record(node, "RegisteredNode", "Node \(node.name) event: Registered Node \(node.name) in Controller")
        }
        if node.annotations[Self.ttlAnnotation] == nil {
            try await client.patch(
                .nodes, namespace: "", name: node.name,
                ["metadata": ["annotations": [Self.ttlAnnotation: "0"]]])
        }
        var lookAgain: Duration?
        switch NodeHealth.verdict(node, silence: silence, limits: limits, now: self.now()) {
        case .heard(let after): lookAgain = after
        case .known: break
        case .silent(let conditions):
            try await client.patch(
                .nodes, namespace: "", name: node.name, ["status": ["conditions": conditions.value ?? .null]],
                subresource: "status")
            // The change comes back as an event; taints and pods are handled then.
            return .done
        }
        try await setTaints(node)
        try await markPods(node)
        if let next = try await evict(node) { lookAgain = min(lookAgain ?? next, next) }
        return ReconcileResult(again: lookAgain)
    }

    private func setTaints(_ node: NodeView) async throws(APIStatus) {
        let clockNow = clock.now
        let isDisrupted = state.withLock { state in
            let now = state.awake.read(clockNow)
            return state.heartbeats.isDisrupted(now: now, grace: limits.grace)
        }
        let desired = NodeTaints.desired(node, isDisrupted: isDisrupted, now: self.now())
        guard desired != node.taints else { return }
        var metadata = Object()
        metadata["resourceVersion"] = node.value.at("metadata", "resourceVersion")
        let taints: Value = desired.isEmpty ? .null : .array(desired.map(\.object))
        try await client.patch(
            .nodes, namespace: "", name: node.name,
            ["metadata": .object(metadata), "spec": ["taints": taints]])
    }

    /// When a node stops being ready its pods are not ready either, whatever they last reported.
    private func markPods(_ node: NodeView) async throws(APIStatus) {
        guard let status = node.readyStatus else { return }
        guard state.withLock({ $0.heartbeats.mark(node.name, isNotReady: status != "True") }) else { return }
        record(node, "NodeNotReady", "Node \(node.name) status is now: NodeNotReady")
        do throws(APIStatus) {
            for object in podsOnNode(node.name) {
                let pod = PodView(object)
                guard pod.isReady else { continue }
                nodeEvents.event(
                    about: object.value, type: "Warning", reason: "NodeNotReady", message: "Node is not ready")
                try await setCondition(pod, type: "Ready", fields: ["status": "False"])
            }
        } catch {
            state.withLock { $0.heartbeats.unmark(node.name) }
            throw error
        }
    }

    /// Deletes the pods whose time has come; returns the time until the next one is due.
    private func evict(_ node: NodeView) async throws(APIStatus) -> Duration? {
        let taints = node.taints.filter { $0.effect == "NoExecute" }
        let clockNow = clock.now
        let (now, known, isDisrupted) = state.withLock { state in
            let now = state.awake.read(clockNow)
            let isDisrupted = state.heartbeats.isDisrupted(now: now, grace: limits.grace)
            return (now, state.leaving[node.name] ?? [:], isDisrupted)
        }
        if taints.isEmpty || isDisrupted {
            if !known.isEmpty { state.withLock { $0.leaving[node.name] = nil } }
            return nil
        }
        var next: Duration?
        var waiting: [String: Duration] = [:]
        var leaving: [StoredObject] = []
        for object in podsOnNode(node.name) {
            let pod = PodView(object)
            let since = known[pod.uid] ?? now
            switch TaintEviction.verdict(pod, taints: taints, waited: now - since) {
            case .stays: break
            case .leaves(let after):
                waiting[pod.uid] = since
                if after > .zero { next = min(next ?? after, after) } else { leaving.append(object) }
            }
        }
        let remembered = waiting
        state.withLock { $0.leaving[node.name] = remembered }
        for object in leaving { try await delete(PodView(object), object.value) }
        return next
    }

    private func delete(_ pod: PodView, _ value: Value) async throws(APIStatus) {
        evictionEvents.event(
            about: value, type: "Normal", reason: "TaintManagerEviction",
            message: "Marking for deletion Pod \(pod.namespace)/\(pod.name)")
        try await setCondition(
            pod, type: "DisruptionTarget",
            fields: [
                "status": "True", "reason": "DeletionByTaintManager",
                "message": "Taint manager: deleting due to NoExecute taint",
            ])
        try await ignoringNotFound(
            orChanged: true,
            await client.delete(
                .pods, namespace: pod.namespace, name: pod.name, options: DeleteOptions(uid: pod.uid)))
    }

    /// Writes one condition of a pod's status; a pod that is gone or replaced does not need it.
    private func setCondition(_ pod: PodView, type: String, fields: Object) async throws(APIStatus) {
        var conditions = Conditions(of: pod.value)
        var condition = conditions[type] ?? ["type": .string(type)]
        for (field, value) in fields { condition[field] = value }
        condition["lastTransitionTime"] = .string(self.now().rfc3339)
        conditions.put(condition)
        var metadata: Object = ["uid": .string(pod.uid)]
        metadata["resourceVersion"] = pod.value.at("metadata", "resourceVersion")
        try await ignoringNotFound(
            await client.patch(
                .pods, namespace: pod.namespace, name: pod.name,
                ["metadata": .object(metadata), "status": ["conditions": conditions.value ?? .null]],
                subresource: "status"))
    }

    private func record(_ node: NodeView, _ reason: String, _ message: String) {
        nodeEvents.event(about: node.value, type: "Normal", reason: reason, message: message)
    }
}
