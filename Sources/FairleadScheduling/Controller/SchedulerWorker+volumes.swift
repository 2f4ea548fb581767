import FairleadClient
import FairleadModel

/// Pods whose claims get their volumes when the node is known: the scheduler writes its choice into volumes and claims,
/// and binds the pod once others have completed the bindings.
extension SchedulerWorker {
    func hold(
        _ pod: Value, on node: String, _ bindings: [VolumeNeeds.Binding]
    ) async throws(APIStatus) -> ReconcileResult {
        let name = ObjectName(namespace: pod.namespace, name: pod.name)
        let hold = VolumeHold(uid: pod.uid, name: name, node: node, bindings: bindings, since: clock.now)
        state.withLock { $0.holds[pod.uid] = hold }
        do {
            for binding in bindings { try await write(binding, node) }
        } catch {
            release(pod.uid)
            throw error
        }
        return try await proceed(pod, hold)
    }

    func proceed(_ pod: Value, _ hold: VolumeHold) async throws(APIStatus) -> ReconcileResult {
        switch hold.state(volumes, now: clock.now) {
        case .complete:
            _ = state.withLock { $0.holds.removeValue(forKey: hold.uid) }
            return try await bind(pod, to: hold.node)
        case .waiting: return .again(after: .seconds(5))
        case .failed(let message):
            release(hold.uid)
            recorder.event(about: pod, type: "Warning", reason: "FailedScheduling", message: message)
            return .again(after: .seconds(1))
        }
    }

    /// The pods that wait for this claim, or for any if it is a volume.
    func holders(of object: ObjectName) -> [ObjectName] {
        state.withLock { state in
            state.holds.isEmpty
                ? []
                : state.holds.values.filter { object.namespace.isEmpty || $0.claims.contains(object) }.map(\.name)
        }
    }

    private func write(_ binding: VolumeNeeds.Binding, _ node: String) async throws(APIStatus) {
        switch binding {
        case .volume(let name, let claimName):
            guard var volume = volumes.volume(name), let claim = volumes.claim(claimName) else {
                throw .conflict(GroupVersionResource.persistentVolumes.groupResource, name: name, "it is gone")
            }
            if VolumeMatching.isReserved(volume, for: claim), volume.at("spec", "claimRef", "uid") != nil { return }
            if !VolumeMatching.isReserved(volume, for: claim) {
                VolumeAnnotations.set(VolumeAnnotations.boundByController, "yes", on: &volume)
            }
            volume.set(
                [
                    "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": .string(claim.namespace),
                    "name": .string(claim.name), "uid": .string(claim.uid),
                    "resourceVersion": .string(claim.text("metadata", "resourceVersion")),
                ], at: "spec", "claimRef")
            try await client.update(.persistentVolumes, volume)
        case .provisioning(let name):
            guard var claim = volumes.claim(name) else {
                throw .notFound(GroupVersionResource.persistentVolumeClaims.groupResource, name: name.name)
            }
            if claim.annotations[VolumeAnnotations.selectedNode] == node { return }
            VolumeAnnotations.set(VolumeAnnotations.selectedNode, node, on: &claim)
            try await client.update(.persistentVolumeClaims, claim)
        }
    }
}
