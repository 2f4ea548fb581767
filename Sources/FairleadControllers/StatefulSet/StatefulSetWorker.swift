import FairleadClient
import FairleadModel

/// Executes what `StatefulSetReconciler` plans. Names are fixed, so a stale cache leads to "already exists", not to
/// a second pod.
struct StatefulSetWorker: Sendable {
    let client: any ObjectClient
    let sets: Lister
    let pods: Lister
    let revisions: Lister
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = sets.get(key), let selector = Selectors.ofWorkload(stored.value) else { return .done }
        let set = stored.value
        let owned = try await OwnershipWriter(
            client: client, ownerResource: .statefulSets, ownedResource: .pods, ownerKind: "StatefulSet"
        ).settle(stored, selector, in: pods) { StatefulSetReconciler.ordinal(of: $0.value, in: set) != nil }
        let history = RevisionHistory(
            owner: set, kind: "StatefulSet", hashLabel: "controller.kubernetes.io/hash",
            revisions: revisions.indexed(OwnershipIndex.controllerUID, set.uid).map(\.value))
        let writer = RevisionWriter(client: client)
        let update = try await writer.settle(history)
        let currentName = set.text("status", "currentRevision")
        let reconciler = StatefulSetReconciler(
            set: set, pods: owned, update: update, current: history.revisions.first { $0.name == currentName },
            now: now())
        let plan = reconciler.plan()
        if plan.isHeldBack {
            recorder.event(about: set, type: "Warning", reason: "FailedCreate", message: CreationBurst.message)
        }
        for entry in plan.create { try await create(entry.pod, claims: entry.claims, for: set) }
        for pod in plan.delete { try await delete(pod, for: set) }
        try await client.updateStatus(.statefulSets, of: set, to: reconciler.status())
        let inUse = Set(
            owned.compactMap { $0.labels[StatefulSetReconciler.revisionLabel] } + [update.name, currentName])
        try await writer.delete(history.surplus(inUse: inUse))
        return ReconcileResult(again: reconciler.timeToNextAvailability())
    }

    private func create(_ pod: Value, claims: [Value], for set: Value) async throws(APIStatus) {
        for claim in claims {
            do {
                _ = try await client.create(Self.claims, namespace: set.namespace, claim)
                record(
                    set, "SuccessfulCreate",
                    "create Claim \(claim.name) Pod \(pod.name) in StatefulSet \(set.name) success")
            } catch {
                if error.reason != "AlreadyExists" { throw error }
            }
        }
        do {
            _ = try await client.create(.pods, namespace: set.namespace, pod)
            record(set, "SuccessfulCreate", "create Pod \(pod.name) in StatefulSet \(set.name) successful")
        } catch {
            if error.reason == "AlreadyExists" || error.isNamespaceTerminating { return }
            recorder.event(
                about: set, type: "Warning", reason: "FailedCreate",
                message: "create Pod \(pod.name) in StatefulSet \(set.name) failed error: \(error.message)")
            throw error
        }
    }

    private func delete(_ pod: Value, for set: Value) async throws(APIStatus) {
        let outcome: Void? = try await ignoringNotFound(
            await client.delete(
                .pods, namespace: pod.namespace, name: pod.name, options: DeleteOptions(uid: pod.uid)))
        if outcome != nil {
            record(set, "SuccessfulDelete", "delete Pod \(pod.name) in StatefulSet \(set.name) successful")
        }
    }

    private func record(_ set: Value, _ reason: String, _ message: String) {
        recorder.event(about: set, type: "Normal", reason: reason, message: message)
    }

    private static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")
}
