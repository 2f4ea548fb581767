package import FairleadClient
package import FairleadModel

/// Keeps the status of PodDisruptionBudgets, which decides about evictions, up to date.
package enum DisruptionController {
    package static let budgets = GroupVersionResource(
        group: "policy", version: "v1", resource: "poddisruptionbudgets")

    package static let descriptor = ControllerDescriptor("disruption-controller", alias: "disruption", workers: 2) {
        (setup: ControllerSetup<ObjectName>, settings: ControllerSettings) in
        let selectors = BudgetSelectors()
        let budgets = setup.watch(Self.budgets) { change in
            selectors.note(change)
            return change.isDeletion ? [] : [change.name]
        }
        let lister = budgets.lister
        // Few namespaces have budgets: the look-up is empty for the rest.
        let pods = setup.watch(.pods) { change in
            lister.list(namespace: change.name.namespace).filter { budget in
                let selector = selectors.selector(of: budget)
                return [change.old, change.new].contains { $0.map { selector.matches($0.labels) } ?? false }
            }.map(\.objectName)
        }
        // Watches the owners too: a percentage of a scale that is not known yet would be a false promise.
        let scales = BudgetScaleReader(
            client: setup.client, resources: settings.resources, sets: setup.watch(.replicaSets).lister,
            deployments: setup.watch(.deployments).lister, statefulSets: setup.watch(.statefulSets).lister,
            controllers: setup.watch(.replicationControllers).lister)
        let worker = DisruptionWorker(
            client: setup.client, scales: scales, budgets: lister, selectors: selectors, pods: pods.lister,
            recorder: setup.recorder(component: "controllermanager"), now: setup.now)
        return { try await worker.reconcile($0) }
    }
}

private struct DisruptionWorker: Sendable {
    let client: any ObjectClient
    let scales: BudgetScaleReader
    let budgets: Lister
    let selectors: BudgetSelectors
    let pods: Lister
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let stored = budgets.get(key) else { return .done }
        let budget = stored.value
        let selector = selectors.selector(of: stored)
        let covered = pods.list(namespace: key.namespace).filter { selector.matches($0.labels) }.map(\.value)
        if covered.isEmpty {
            recorder.event(about: budget, type: "Normal", reason: "NoPods", message: "No matching pods found")
        }
        let reconciler = DisruptionReconciler(now: now())
        let scale = DisruptionReconciler.needsScale(budget) ? await scales.scale(of: covered) : BudgetScale()
        warn(budget, scale)
        let changed =
            scale.failure.map { reconciler.failing(budget: budget, because: $0) }
            ?? reconciler.plan(budget: budget, pods: covered, scale: scale.replicas)
        if let changed { _ = try await client.update(DisruptionController.budgets, changed, subresource: "status") }
        // Granted evictions that did not happen expire.
        let isWaiting = budget.at("status", "disruptedPods")?.object?.isEmpty == false
        return isWaiting ? .again(after: DisruptionReconciler.evictionTimeout) : .done
    }

    private func warn(_ budget: Value, _ scale: BudgetScale) {
        if let failure = scale.failure {
            recorder.event(
                about: budget, type: "Warning", reason: "CalculateExpectedPodCountFailed",
                message: "Failed to calculate the number of expected pods: \(failure)")
        } else if scale.hasUnmanaged {
            let selector = Value.goText(ofSelector: budget.at("spec", "selector"))
            recorder.event(
                about: budget, type: "Warning", reason: "UnmanagedPods",
                message:
                    "Pods selected by this PodDisruptionBudget (selector: \(selector)) were found to be unmanaged. "
                    + "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined "
                    + "behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an "
                    + "integer value.")
        }
    }
}
