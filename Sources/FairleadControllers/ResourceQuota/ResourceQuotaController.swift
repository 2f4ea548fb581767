package import FairleadClient
import FairleadModel

/// Counts what is taken of ResourceQuotas. `resourcequota-controller` of Kubernetes.
///
/// Writes enter what they take themselves; what goes, and what a new or changed quota finds, is counted here.
package final class ResourceQuotaController: Controller {
    static let quotas = GroupVersionResource(group: "", version: "v1", resource: "resourcequotas")

    package let name = "resourcequota-controller"
    private let informers: [Informer]
    private let runner: ControllerRunner<ObjectName>

    /// - Parameter resources: everything that may be counted, custom resources included.
    package init(client: any ObjectClient, informers: InformerSet, resources: ManagedResources) {
        let queue = WorkQueue<ObjectName>()
        let quotas = informers.informer(Self.quotas)
        let lister = quotas.lister
        let worker = ResourceQuotaWorker(client: client, resources: resources)
        runner = ControllerRunner(name: name, workers: 2, queue: queue) { key in
            try await worker.reconcile(key)
            return .done
        }
        self.informers = [quotas]
        quotas.addHandler { change in
            guard let new = change.new?.value else { return }
            let quota = Quota(new)
            if change.isAddition || quota.hard != quota.wanted { queue.add(change.name) }
        }
        resources.attach { managed, informer in
            // Events come and go by the thousand: who counts them counts again when something else goes.
            guard managed.isNamespaced, managed.resource != .events else { return }
            informer.addHandler { change in
                // What comes has been entered by the write that made it.
                if change.isAddition { return }
                // Few namespaces have quotas: the look-up is empty for the rest.
                for quota in lister.list(namespace: change.name.namespace) {
                    let name = ObjectName(namespace: quota.key.namespace, name: quota.key.name)
                    if managed.resource != Self.quotas || name != change.name { queue.add(name) }
                }
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }
}

private struct ResourceQuotaWorker: Sendable {
    let client: any ObjectClient
    let resources: ManagedResources

    /// The quota is read before what it counts: what comes in between changes the quota, and the update is refused;
    /// what goes in between is not counted. Informers, each at a revision of its own, could not promise that.
    func reconcile(_ key: ObjectName) async throws {
        let found: Value
        do throws(APIStatus) {
            found = try await client.get(
                ResourceQuotaController.quotas, namespace: key.namespace, name: key.name)
        } catch {
            if error.code == 404 { return }
            throw error
        }
        let quota = Quota(found)
        let bounds = quota.wanted.names
        let reconciler = ResourceQuotaReconciler(quota: quota)
        var used = reconciler.nothing
        let counted = resources.all.filter(\.isNamespaced).map(\.resource)
        for resource in counted where !QuotaUsage.matching(bounds, resource.groupResource).isEmpty {
            for object in try await client.list(resource, namespace: key.namespace).objects {
                used = used + reconciler.usage(of: object.value, resource.groupResource)
            }
        }
        guard let changed = reconciler.plan(used: used) else { return }
        try await client.update(ResourceQuotaController.quotas, changed, subresource: "status")
    }
}
