import FairleadClient
import FairleadModel
import FairleadScheduling
import Synchronization

/// Handles one pod: assigns its addresses, asks `PodMachine` for the next step, and writes and records it.
final class KubeletWorker: Sendable {
    private let client: any ObjectClient
    private let pods: Lister
    private let nodes: Lister
    private let recorder: EventRecorder
    private let delays: StageDelays
    private let stages: PodStages
    private let now: @Sendable () -> Timestamp
    private let clock: any DelayClock
    private let runtime: ContainerRuntime?
    private let addresses = PodAddressPool()
    private let admissions = Mutex(NodeAdmission())
    private let memories = Mutex<[String: PodMemory]>([:])
    /// For pods whose status is being written: the revision that the status was made from.
    private let writing = Mutex<[String: Int64]>([:])

    init(
        client: any ObjectClient, pods: Lister, nodes: Lister, recorder: EventRecorder, delays: StageDelays,
        stages: PodStages = PodStages(), now: @escaping @Sendable () -> Timestamp, clock: any DelayClock,
        runtime: ContainerRuntime? = nil
    ) {
        self.client = client
        self.pods = pods
        self.nodes = nodes
        self.recorder = recorder
        self.delays = delays
        self.stages = stages
        self.now = now
        self.clock = clock
        self.runtime = runtime
    }

    /// How many pods it knows something of that is not in their status.
    var rememberedPods: Int { memories.withLock { $0.count } }

    func forget(_ uid: String?) {
        guard let uid else { return }
        addresses.release(uid)
        admissions.withLock { $0.forget(uid) }
        runtime?.forget(uid)
        memories.withLock { _ = $0.removeValue(forKey: uid) }
        writing.withLock { _ = $0.removeValue(forKey: uid) }
    }

    /// Records the addresses in a pod's status, and what a running pod takes of its node.
    ///
    /// - Parameter before: the pod as it was when it was last noted.
    func note(_ pod: Value, before: Value? = nil) {
        if let before, Self.isNotedAlike(before, pod) { return }
        let view = PodView(pod)
        if view.isFinished {
            admissions.withLock { $0.forget(pod.uid) }
        } else if pod["status"]?["startTime"] != nil {
            admissions.withLock { $0.note(pod, on: view.nodeName) }
        }
        guard !view.hostNetwork, !view.podIP.isEmpty,
            let node = nodes.get(namespace: "", name: view.nodeName)
        else { return }
        for range in NodeView(node).podCIDRs.compactMap({ CIDR($0) }) {
            for address in view.podIPs.compactMap({ IPAddress($0) }) { addresses.note(address, of: pod.uid, in: range) }
        }
    }

    private static func isNotedAlike(_ before: Value, _ pod: Value) -> Bool {
        before.uid == pod.uid && before["spec"] == pod["spec"]
            && ["phase", "startTime", "podIP", "podIPs"].allSatisfy { before.at("status", $0) == pod.at("status", $0) }
    }

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = pods.get(key) else { return .done }
        let pod = stored.value
        let view = PodView(pod)
        guard !view.nodeName.isEmpty, let node = nodes.get(namespace: "", name: view.nodeName)?.value,
            SimulationKeys.isAlive(node)
        else { return .done }
        // A pod that goes while it is being looked at has been forgotten before it is remembered.
        defer { if pods.get(key)?.value.uid != pod.uid { forget(pod.uid) } }
        let hostIPs = NodeView(node).internalIPs
        // A node that has just been registered has not reported its address yet.
        if hostIPs.isEmpty { return .again(after: .milliseconds(100)) }
        let network = view.hostNetwork ? Network(addresses: hostIPs) : network(of: pod, on: node)
        runtime?.refreshIfChanged(pod)
        var machine = PodMachine(
            pod: pod, hostIPs: hostIPs, podIPs: network.addresses, networkFault: network.fault,
            room: PodResize.isPending(pod) ? room(for: pod, on: node) : nil,
            delays: stages.delays(of: pod, delays), now: now(), moment: clock.now, runtime: runtime, stages: stages)
        if pod["status"]?["startTime"] == nil, !view.isFinished, !view.isTerminating {
            machine.refusal = admissions.withLock { $0.admit(pod, on: node) }
        }
        var memory = memories.withLock { $0[pod.uid] ?? PodMemory() }
        let step = machine.next(&memory)
        if let status = step.status {
            writing.withLock { $0[pod.uid] = stored.revision }
            guard try await client.updateStatus(.pods, of: pod, to: status) else {
                forget(pod.uid)
                return .done
            }
        }
        // Remembered and recorded only after the write succeeded: after a conflict, the step is repeated.
        let remembered = memory == PodMemory() ? nil : memory
        memories.withLock { $0[pod.uid] = remembered }
        record(step.events, about: pod)
        if let phase = step.status?["phase"]?.string, phase == "Succeeded" || phase == "Failed" {
            runtime?.close(pod.uid)
        }
        if step.isDeleted { try await delete(pod, gracePeriod: nil) }
        if step.isGone {
            try await delete(pod, gracePeriod: 0)
            return .done
        }
        return ReconcileResult(again: step.again)
    }

    /// The addresses of a pod, or why it has none.
    private struct Network {
        var addresses: [String] = []
        var fault: KubeletEvent?
    }

    private func network(of pod: Value, on node: Value) -> Network {
        let present = PodView(pod).podIPs
        if !present.isEmpty { return Network(addresses: present) }
        // The sandbox gets its addresses when the first container starts; until then, none are assigned.
        guard pod.at("status", "startTime") != nil else { return Network() }
        let ranges = NodeView(node).podCIDRs.compactMap { CIDR($0) }
        if ranges.isEmpty { return Network(fault: NetworkFault.notReady) }
        var assigned: [String] = []
        for (index, range) in ranges.enumerated() {
            guard let address = addresses.address(for: pod.uid, in: range) else {
                return Network(fault: NetworkFault.exhausted(range, index: index, pod: pod))
            }
            assigned.append(address.description)
        }
        return Network(addresses: assigned)
    }

    /// What the node has, and what its other pods use of it.
    private func room(for pod: Value, on node: Value) -> PodResize.Room {
        let others = NodeIndex.pods(on: node.name, in: pods).map(\.value).filter {
            $0.uid != pod.uid && !PodView($0).isFinished
        }
        return PodResize.Room(
            allocatable: ResourceDemand(allocatable: node.at("status", "allocatable")),
            used: others.reduce(.none) { $0 + ResourceDemand(pod: $1) })
    }

    /// - Parameter gracePeriod: in seconds; nil for the pod's own.
    private func delete(_ pod: Value, gracePeriod: Int?) async throws(APIStatus) {
        try await ignoringNotFound(
            orChanged: true,
            await client.delete(
                .pods, namespace: pod.namespace, name: pod.name,
                options: DeleteOptions(uid: pod.uid, gracePeriodSeconds: gracePeriod)))
    }

    private func record(_ events: [KubeletEvent], about pod: Value) {
        for event in events {
            recorder.event(
                about: pod, type: event.type, reason: event.reason, message: event.message, fieldPath: event.fieldPath)
        }
    }

    // MARK: - which changes are news

    /// Whether the kubelet must look at the pod. Not for its own writes, because it knows when to look again; but for
    /// everything else, including a status written by somebody else: the kubelet corrects it, for instance when a node
    /// that was considered lost is not.
    ///
    /// A write only succeeds on the exact version that it was made from, so the change of that version is the kubelet's
    /// own; otherwise somebody else was faster, and the write fails and is repeated.
    func isNews(_ change: ObjectChange) -> Bool {
        guard let old = change.old, let new = change.new else { return true }
        let uid = new.value.uid
        let isOwn = writing.withLock { writing in
            guard writing[uid] == old.revision else { return false }
            writing[uid] = nil
            return true
        }
        return !isOwn || !Self.differOnlyInStatus(old.value, new.value)
            || Self.foreignConditions(old.value) != Self.foreignConditions(new.value)
    }

    private static func differOnlyInStatus(_ old: Value, _ new: Value) -> Bool {
        func rest(_ pod: Value) -> Value {
            var copy = pod
            copy["status"] = nil
            copy.set(nil, at: "metadata", "resourceVersion")
            copy.set(nil, at: "metadata", "managedFields")
            return copy
        }
        return rest(old) == rest(new)
    }

    /// The conditions of readiness gates, which other components write.
    private static func foreignConditions(_ pod: Value) -> [Value] {
        let gates = PodView(pod).readinessGates
        return pod.items("status", "conditions").filter { gates.contains($0.text("type")) }
    }
}
