import FairleadClient
import FairleadModel

/// Carries out what `StatefulSetReconciler` plans. Names are fixed, so a stale cache leads to "already exists", not to
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
        let claim = OwnershipClaim(
            owner: set, selector: selector,
            candidates: OwnershipIndex.candidates(of: stored, in: pods).filter {
                StatefulSetReconciler.ordinal(of: $0.value, in: set) != nil
            })
        let owned = try await OwnershipWriter(
            client: client, ownerResource: .statefulSets, ownedResource: .pods, ownerKind: "StatefulSet"
        ).settle(claim, owner: set)
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
        try await write(reconciler.status(), of: set)
        let inUse = Set(
            owned.compactMap { $0.labels[StatefulSetReconciler.revisionLabel] } + [update.name, currentName])
        try await writer.delete(history.surplus(inUse: inUse))
        return reconciler.secondsToNextAvailability().map { .again(after: $0) } ?? .done
    }

    private func create(_ pod: Value, claims: [Value], for set: Value) async throws(APIStatus) {
        for claim in claims {
            do {
                _ = try await client.create(Self.claims, namespace: set.namespace, claim)
                tell(
                    set, "SuccessfulCreate",
                    "create Claim \(claim.name) Pod \(pod.name) in StatefulSet \(set.name) success")
            } catch {
                if error.reason != "AlreadyExists" { throw error }
            }
        }
        do {
            _ = try await client.create(.pods, namespace: set.namespace, pod)
            tell(set, "SuccessfulCreate", "create Pod \(pod.name) in StatefulSet \(set.name) successful")
        } catch {
            if error.reason == "AlreadyExists" || error.isNamespaceTerminating { return }
            recorder.event(
                about: set, type: "Warning", reason: "FailedCreate",
                message: "create Pod \(pod.name) in StatefulSet \(set.name) failed error: \(error.message)")
            throw error
        }
    }

    private func delete(_ pod: Value, for set: Value) async throws(APIStatus) {
        do {
            try await client.delete(
                .pods, namespace: pod.namespace, name: pod.name, options: DeleteOptions(uid: pod.uid))
            tell(set, "SuccessfulDelete", "delete Pod \(pod.name) in StatefulSet \(set.name) successful")
        } catch {
            if error.code != 404 { throw error }
        }
    }

    private func write(_ status: Value, of set: Value) async throws(APIStatus) {
        guard set["status"] != status else { return }
        var changed = set
        changed["status"] = status
        do {
            _ = try await client.update(.statefulSets, changed, subresource: "status")
        } catch {
            if error.code != 404 { throw error }
        }
    }

    private func tell(_ set: Value, _ reason: String, _ message: String) {
        recorder.event(about: set, type: "Normal", reason: reason, message: message)
    }

    private static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")
}
