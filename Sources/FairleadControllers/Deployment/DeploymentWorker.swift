import FairleadClient
import FairleadModel

/// Executes what `DeploymentReconciler` plans for one Deployment.
struct DeploymentWorker: Sendable {
    let client: any ObjectClient
    let deployments: Lister
    let sets: Lister
    let pods: Lister
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp
    private let created = CreatedSets()

    init(
        client: any ObjectClient, deployments: Lister, sets: Lister, pods: Lister, recorder: EventRecorder,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.client = client
        self.deployments = deployments
        self.sets = sets
        self.pods = pods
        self.recorder = recorder
        self.now = now
    }

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = deployments.get(key), let selector = Selectors.ofWorkload(stored.value) else {
            created.forget(key)
            return .done
        }
        var owned = try await OwnershipWriter(
            client: client, ownerResource: .deployments, ownedResource: .replicaSets, ownerKind: "Deployment"
        ).settle(stored, selector, in: sets)
        if let set = try await unseenSet(of: stored.value, key) { owned.append(set) }
        var podsOfSets: [String: [Value]] = [:]
        // Only the Recreate strategy looks at them.
        for set in owned where stored.value.text("spec", "strategy", "type") == "Recreate" {
            podsOfSets[set.uid] = pods.indexed(OwnershipIndex.controllerUID, set.uid).map(\.value)
        }
        var reconciler = DeploymentReconciler(
            deployment: stored.value, replicaSets: owned, pods: podsOfSets, now: now())
        let plan = reconciler.plan()
        try await execute(plan, deployment: stored.value)
        return ReconcileResult(again: plan.recheckAfter)
    }

    /// A ReplicaSet that was created in an earlier pass and is not in the cache yet.
    private func unseenSet(of deployment: Value, _ key: ObjectName) async throws(APIStatus) -> Value? {
        guard let name = created.missing(of: key, in: sets) else { return nil }
        let set = try await ignoringNotFound(
            await client.get(.replicaSets, namespace: key.namespace, name: name))
        guard let set, set.controllerRef?.uid == deployment.uid else {
            created.forget(key)
            return nil
        }
        return set
    }

    private func execute(_ plan: DeploymentReconciler.Plan, deployment: Value) async throws {
        if let set = plan.create { try await create(set, for: deployment) }
        for set in plan.update {
            try await client.update(.replicaSets, set.value)
            announce(set, on: deployment)
        }
        for set in plan.delete {
            try await ignoringNotFound(
                await client.delete(
                    .replicaSets, namespace: set.namespace, name: set.name, options: DeleteOptions(uid: set.uid)))
        }
        // A Deployment's annotations, which hold the revision, may be written together with its status.
        if let changed = plan.status {
            try await ignoringNotFound(await client.update(.deployments, changed, subresource: "status"))
        }
    }

    private func announce(_ set: OwnedReplicaSet, on deployment: Value) {
        for text in set.announcements {
            recorder.event(about: deployment, type: "Normal", reason: "ScalingReplicaSet", message: text)
        }
    }

    private func create(_ set: OwnedReplicaSet, for deployment: Value) async throws {
        do throws(APIStatus) {
            _ = try await client.create(.replicaSets, namespace: deployment.namespace, set.value)
            created.note(set.name, of: ObjectName(namespace: deployment.namespace, name: deployment.name))
            announce(set, on: deployment)
        } catch {
            if error.reason == "AlreadyExists" { return try await resolveCollision(with: set, of: deployment) }
            if !error.isNamespaceTerminating { try await report(error, creating: set, for: deployment) }
            throw error
        }
    }

    /// The set may be our own, not yet in the cache. Otherwise the collision count makes the next hash differ.
    private func resolveCollision(with set: OwnedReplicaSet, of deployment: Value) async throws {
        let existing = OwnedReplicaSet(
            try await client.get(.replicaSets, namespace: deployment.namespace, name: set.name))
        if existing.value.controllerRef?.uid == deployment.uid, existing.template == set.template { return }
        var changed = deployment
        let count = deployment.at("status", "collisionCount")?.int ?? 0
        changed.set(.int32(count +| 1), at: "status", "collisionCount")
        _ = try await client.update(.deployments, changed, subresource: "status")
        throw HashCollision()
    }

    private func report(_ error: APIStatus, creating set: OwnedReplicaSet, for deployment: Value)
        async throws(APIStatus)
    {
        let message = "Failed to create new replica set \(set.name.goQuoted): \(error.message)"
        recorder.event(about: deployment, type: "Warning", reason: "ReplicaSetCreateError", message: message)
        var conditions = Conditions(of: deployment)
        conditions.change("Progressing", "False", reason: "ReplicaSetCreateError", message: message, now: now())
        var changed = deployment
        changed.set(conditions.value, at: "status", "conditions")
        if changed != deployment { _ = try await client.update(.deployments, changed, subresource: "status") }
    }
}
