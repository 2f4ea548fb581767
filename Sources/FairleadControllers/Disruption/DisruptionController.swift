package import FairleadClient
package import FairleadModel

/// Keeps the status of PodDisruptionBudgets true, which evictions are decided by. Kubernetes' `disruption-controller`.
package final class DisruptionController: Controller {
    package static let budgets = GroupVersionResource(
        group: "policy", version: "v1", resource: "poddisruptionbudgets")

    package let name = "disruption-controller"
    private let informers: [Informer]
    private let runner: ControllerRunner<ObjectName>

    package init(client: any ObjectClient, informers: InformerSet, environment: Environment) {
        let queue = WorkQueue<ObjectName>()
        let budgets = informers.informer(Self.budgets)
        let pods = informers.informer(.pods)
        let owners = [GroupVersionResource.replicaSets, .deployments, .statefulSets].map { informers.informer($0) }
        let worker = DisruptionWorker(
            client: client, sets: owners[0].lister, deployments: owners[1].lister, statefulSets: owners[2].lister,
            budgets: budgets.lister, pods: pods.lister, now: environment.now)
        runner = ControllerRunner(name: name, workers: 2, queue: queue) { key in try await worker.reconcile(key) }
        // The owners too: a percentage of a scale that is not known yet would be a wrong promise.
        self.informers = [budgets, pods] + owners
        budgets.addHandler { if !$0.isDeletion { queue.add($0.name) } }
        let lister = budgets.lister
        pods.addHandler { change in
            // Few namespaces have budgets: the look-up is empty for the rest.
            for budget in lister.list(namespace: change.name.namespace) {
                queue.add(ObjectName(namespace: budget.key.namespace, name: budget.key.name))
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }
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
        guard let budget = budgets.get(namespace: key.namespace, name: key.name)?.value,
            let selector = budget.at("spec", "selector").flatMap({ try? LabelSelector(labelSelector: $0) })
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
