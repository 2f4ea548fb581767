package import FairleadClient
package import FairleadModel

/// Keeps the status of PodDisruptionBudgets true, which evictions are decided by.
package enum DisruptionController {
    package static let budgets = GroupVersionResource(
        group: "policy", version: "v1", resource: "poddisruptionbudgets")

    package static let descriptor = ControllerDescriptor("disruption-controller", alias: "disruption", workers: 2) {
        (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let budgets = setup.watch(Self.budgets) { $0.isDeletion ? [] : [$0.name] }
        let lister = budgets.lister
        // Few namespaces have budgets: the look-up is empty for the rest.
        let pods = setup.watch(.pods) { lister.list(namespace: $0.name.namespace).map(\.objectName) }
        // The owners too: a percentage of a scale that is not known yet would be a wrong promise.
        let worker = DisruptionWorker(
            client: setup.client, sets: setup.watch(.replicaSets).lister,
            deployments: setup.watch(.deployments).lister, statefulSets: setup.watch(.statefulSets).lister,
            budgets: lister, pods: pods.lister, now: setup.now)
        return { try await worker.reconcile($0) }
    }
}

private struct DisruptionWorker: Sendable {
    let client: any ObjectClient
    let sets: Lister
    let deployments: Lister
    let statefulSets: Lister
    let budgets: Lister
    let pods: Lister
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let budget = budgets.get(key)?.value,
            let selector = Selectors.of(budget)
        else { return .done }
        let covered = pods.list(namespace: key.namespace).filter { selector.matches($0.labels) }.map(\.value)
        let reconciler = DisruptionReconciler(now: now())
        if let changed = reconciler.plan(budget: budget, pods: covered, scale: scale(of: covered)) {
            _ = try await client.update(DisruptionController.budgets, changed, subresource: "status")
        }
        // Granted evictions that did not happen are forgotten in time.
        let isWaiting = budget.at("status", "disruptedPods")?.object?.isEmpty == false
        return isWaiting ? .again(after: DisruptionReconciler.evictionTimeout) : .done
    }

    /// How many pods the owners of these are meant to have.
    private func scale(of pods: [Value]) -> Int64 {
        var owners: [String: Int64] = [:]
        for pod in pods {
            guard let owner = pod.controllerRef else { continue }
            switch owner.kind {
            case "ReplicaSet":
                guard let set = sets.get(namespace: pod.namespace, name: owner.name)?.value else { continue }
                guard let above = set.controllerRef, above.kind == "Deployment",
                    let deployment = deployments.get(namespace: pod.namespace, name: above.name)?.value
                else {
                    owners[owner.uid] = set.at("spec", "replicas")?.int ?? 1
                    continue
                }
                owners[above.uid] = deployment.at("spec", "replicas")?.int ?? 1
            case "StatefulSet":
                guard let set = statefulSets.get(namespace: pod.namespace, name: owner.name)?.value else { continue }
                owners[owner.uid] = set.at("spec", "replicas")?.int ?? 1
            default: continue
            }
        }
        return owners.values.reduce(0, +)
    }
}
