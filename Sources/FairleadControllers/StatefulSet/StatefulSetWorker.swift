import FairleadClient
import FairleadModel

/// Executes what `StatefulSetReconciler` plans. Names are fixed, so a stale cache leads to "already exists", not to
/// a second pod.
struct StatefulSetWorker: Sendable {
    let client: any ObjectClient
    let sets: Lister
    let pods: Lister
    let revisions: Lister
    let claims: Lister
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = sets.get(key), let selector = Selectors.ofWorkload(stored.value) else { return .done }
        let set = stored.value
        let owned = try await OwnershipWriter(
            client: client, ownerResource: .statefulSets, ownedResource: .pods, ownerKind: "StatefulSet"
        ).settle(stored, selector, in: pods) { StatefulSetReconciler.ordinal(of: $0.value, in: set) != nil }
        let history = RevisionHistory(
            owner: set, style: .statefulSet,
            revisions: try await OwnershipWriter(
                client: client, ownerResource: .statefulSets, ownedResource: .controllerRevisions,
                ownerKind: "StatefulSet"
            ).settle(stored, selector, in: revisions) { selector.matches($0.labels) })
        let writer = RevisionWriter(client: client)
        let settled = try await writer.settle(history)
        let update = settled.revision
        let currentName = set.text("status", "currentRevision")
        let (claimLister, namespace) = (claims, set.namespace)
        let reconciler = StatefulSetReconciler(
            set: set, pods: owned, update: update, current: history.revisions.first { $0.name == currentName },
            collisionCount: settled.collisionCount,
            storedClaim: { claimLister.get(ObjectName(namespace: namespace, name: $0))?.value }, now: now())
        let plan = reconciler.plan()
        var failure: (any Error)?
        do { try await execute(plan, for: set) } catch { failure = error }
        // The status is written even if something failed.
        try await client.updateStatus(.statefulSets, of: set, to: reconciler.status(after: plan))
        if let failure { throw failure }
        let inUse = owned.compactMap { $0.labels[StatefulSetReconciler.revisionLabel] } + [currentName]
        try await writer.delete(history.surplus(inUse: Set(inUse), current: update.name))
        // Deletions of claims do not trigger a reconcile.
        let retry: Duration? = plan.obstructed.isEmpty ? nil : .seconds(1)
        return ReconcileResult(again: [retry, reconciler.timeToNextAvailability()].compactMap { $0 }.min())
    }

    private func execute(_ plan: StatefulSetReconciler.Plan, for set: Value) async throws {
        if plan.isHeldBack {
            recorder.event(about: set, type: "Warning", reason: "FailedCreate", message: CreationBurst.message)
        }
        for entry in plan.obstructed where !entry.claims.isEmpty {
            let reasons = entry.claims.map { "pvc \($0) is being deleted" }
            let reason = reasons.count == 1 ? reasons[0] : "[\(reasons.joined(separator: ", "))]"
            recorder.event(
                about: set, type: "Warning", reason: "FailedCreate",
                message: "create Pod \(entry.pod) in StatefulSet \(set.name) failed error: \(reason)")
        }
        for entry in plan.create { try await create(entry.pod, claims: entry.claims, for: set) }
        for entry in plan.missingClaims { try await create(entry.claims, of: entry.pod, for: set) }
        for entry in plan.relabel {
            try await ignoringNotFound(
                await client.patch(.pods, namespace: set.namespace, name: entry.pod.name, entry.patch))
        }
        for entry in plan.claimPatches {
            try await ignoringNotFound(
                await client.patch(
                    StatefulSetController.claims, namespace: set.namespace, name: entry.claim.name, entry.patch))
        }
        for pod in plan.delete { try await delete(pod, for: set) }
    }

    private func create(_ claims: [Value], of pod: Value, for set: Value) async throws(APIStatus) {
        for claim in claims {
            do {
                _ = try await client.create(StatefulSetController.claims, namespace: set.namespace, claim)
                record(
                    set, "SuccessfulCreate",
                    "create Claim \(claim.name) Pod \(pod.name) in StatefulSet \(set.name) success")
            } catch {
                if error.reason == "AlreadyExists" { continue }
                recorder.event(
                    about: set, type: "Warning", reason: "FailedCreate",
                    message: "create Claim \(claim.name) for Pod \(pod.name) in StatefulSet \(set.name) failed error: "
                        + error.message)
                throw error
            }
        }
    }

    private func create(_ pod: Value, claims: [Value], for set: Value) async throws(APIStatus) {
        try await create(claims, of: pod, for: set)
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
}
