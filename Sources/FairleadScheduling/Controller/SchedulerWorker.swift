import FairleadClient
import FairleadModel
import Synchronization

/// Finds nodes for pods and binds them.
final class SchedulerWorker: Sendable {
    let client: any ObjectClient
    private let binder: any PodBinder
    let pods: Lister
    private let services: Lister
    private let budgets: Lister
    let volumes: VolumeNeeds.Source
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp
    let clock: any DelayClock
    /// Has a pod looked at again.
    private let enqueue: @Sendable (ObjectName) -> Void
    let state = Mutex(SchedulerState())

    init(
        client: any ObjectClient, binder: any PodBinder, pods: Lister, services: Lister, budgets: Lister,
        volumes: VolumeNeeds.Source, recorder: EventRecorder, now: @escaping @Sendable () -> Timestamp,
        clock: any DelayClock, enqueue: @escaping @Sendable (ObjectName) -> Void
    ) {
        self.client = client
        self.binder = binder
        self.pods = pods
        self.services = services
        self.budgets = budgets
        self.volumes = volumes
        self.recorder = recorder
        self.now = now
        self.clock = clock
        self.enqueue = enqueue
    }

    /// Whether the pod is for this scheduler, and may have a node.
    static func isWaiting(_ pod: Value) -> Bool {
        let view = PodView(pod)
        return view.nodeName.isEmpty && !view.isFinished && !view.isTerminating
            && (view.schedulerName == "default-scheduler" || view.schedulerName.isEmpty)
            && pod.items("spec", "schedulingGates").isEmpty
    }

    func reconcile(_ key: SchedulerKey) async throws -> ReconcileResult {
        switch key {
        case .pod(let name): return try await schedule(name)
        case .moved:
            for name in state.withLock({ $0.waiting.takeChanged() }) { enqueue(name) }
            return .done
        }
    }

    private func schedule(_ name: ObjectName) async throws -> ReconcileResult {
        guard let pod = pods.get(name)?.value, Self.isWaiting(pod) else {
            state.withLock { $0.waiting.remove(name) }
            return .done
        }
        if let hold = state.withLock({ $0.holds[pod.uid] }) { return try await proceed(pod, hold) }
        switch decide(pod) {
        case nil: return .done
        case .node(let node, let bindings)?:
            return bindings.isEmpty ? try await bind(pod, to: node) : try await hold(pod, on: node, bindings)
        case .unschedulable(let failure)?:
            try await refuse(pod, failure)
            // Whatever nobody noticed.
            return .again(after: .seconds(300))
        }
    }

    /// Decides and takes the place at once, so that nobody else gets it. nil if the pod has a place already.
    private func decide(_ pod: Value) -> Decision? {
        let info = PodInfo(pod)
        let selectors = info.owner.isEmpty && !info.labels.isEmpty ? servicesSelecting(info) : []
        return state.withLock { state in
            if state.cache.isPlaced(info.uid) { return nil }
            let needs = VolumeNeeds(of: pod, claims: info.claims, volumes, reserved: state.reserved)
            let pending = PendingPod(pod, info: info, volumes: needs, services: selectors)
            if state.cache.nomination(of: info.uid) == nil {
                let nominated = pod.text("status", "nominatedNodeName")
                if !nominated.isEmpty { state.cache.nominate(info, nominated) }
            }
            let decision = NodeSearch.decide(pending, &state.cache) { budgets.list().map(\.value) }
            switch decision {
            case .node(let node, _):
                state.waiting.remove(info.objectName)
                state.cache.put(info, on: node)
            case .unschedulable(let failure):
                state.waiting.put(pod, refusedBy: failure.rules)
                if let plan = failure.preemption {
                    state.cache.nominate(info, plan.node)
                    for other in plan.displaced { state.cache.nominate(other, nil) }
                } else if failure.endsNomination {
                    state.cache.nominate(info, nil)
                }
            }
            return decision
        }
    }

    /// The selectors of the Services that select a pod without a controller.
    private func servicesSelecting(_ pod: PodInfo) -> [[String: String]] {
        services.list(namespace: pod.namespace).compactMap { service in
            let selector = service.value.at("spec", "selector")?.stringMap ?? [:]
            guard !selector.isEmpty, selector.allSatisfy({ pod.labels[$0.key] == $0.value }) else { return nil }
            return selector
        }
    }

    func bind(_ pod: Value, to node: String) async throws(APIStatus) -> ReconcileResult {
        do {
            try await binder.bind(namespace: pod.namespace, pod: pod.name, to: node, uid: pod.uid)
        } catch {
            release(pod.uid)
            // Deleted, or bound by somebody else: the change event tells if there is more to do.
            if error.code == 404 || error.code == 409 { return .done }
            throw error
        }
        recorder.event(
            about: pod, type: "Normal", reason: "Scheduled",
            message: "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)")
        return .done
    }

    /// Gives back the place of a pod that was not bound in the end.
    func release(_ uid: String) {
        state.withLock { state in
            state.holds[uid] = nil
            state.cache.remove(uid)
        }
    }

    // MARK: - pods that fit nowhere

    private func refuse(_ pod: Value, _ failure: Decision.Failure) async throws(APIStatus) {
        recorder.event(about: pod, type: "Warning", reason: "FailedScheduling", message: failure.message)
        try await tell(pod, failure)
        if let plan = failure.preemption { try await makeRoom(for: pod, plan) }
    }

    private func tell(_ pod: Value, _ failure: Decision.Failure) async throws(APIStatus) {
        var conditions = Conditions(of: pod)
        var status = Object()
        let old = conditions["PodScheduled"]
        if old?.text("status") != "False" || old?.text("message") != failure.message
            || old?.text("reason") != "Unschedulable"
        {
            var more: Object = ["lastProbeTime": .null]
            if pod.generation != 0 { more["observedGeneration"] = .int(pod.generation) }
            conditions.set(
                "PodScheduled", false, reason: "Unschedulable", message: failure.message, more: more, now: now(),
                movesLast: true)
            status["conditions"] = conditions.value
        }
        let nominated = pod.text("status", "nominatedNodeName")
        if let plan = failure.preemption, plan.node != nominated {
            status["nominatedNodeName"] = .string(plan.node)
        } else if failure.endsNomination, !nominated.isEmpty {
            status["nominatedNodeName"] = .null
        }
        if status.isEmpty { return }
        try await ignoringNotFound(
            await client.patch(
                .pods, namespace: pod.namespace, name: pod.name, ["status": .object(status)], subresource: "status"))
    }
}
