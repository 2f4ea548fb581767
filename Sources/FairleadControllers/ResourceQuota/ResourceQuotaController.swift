package import FairleadClient
import FairleadModel

/// Counts the usage of ResourceQuotas.
///
/// Writes charge what they use themselves; deletions, and the usage found by a new or changed quota, are counted here.
package enum ResourceQuotaController {
    static let quotas = GroupVersionResource(group: "", version: "v1", resource: "resourcequotas")

    package static let descriptor = ControllerDescriptor(
        "resourcequota-controller", alias: "resourcequota", workers: 2
    ) { (setup: ControllerSetup<ObjectName>, settings: ControllerSettings) in
        let quotas = setup.watch(Self.quotas) { change in
            guard let quota = change.new.map({ Quota($0.value) }) else { return [] }
            return change.isAddition || quota.hard != quota.wanted ? [change.name] : []
        }
        let lister = quotas.lister
        settings.resources.attach { managed, informer in
            // There are thousands of Events: quotas that count them are recounted when something else is deleted.
            guard managed.isNamespaced, managed.resource != .events else { return }
            setup.map(informer) { change in
                // The write that created the object has already charged it.
                if change.isAddition { return [] }
                // Few namespaces have quotas: the look-up returns nothing for the rest.
                let there = lister.list(namespace: change.name.namespace).map(\.objectName)
                return managed.resource == Self.quotas ? there.filter { $0 != change.name } : there
            }
        }
        let worker = ResourceQuotaWorker(client: setup.client, resources: settings.resources)
        return { try await worker.reconcile($0) }
    }
}

private struct ResourceQuotaWorker: Sendable {
    let client: any ObjectClient
    let resources: ManagedResources

    /// The quota is read before the objects it counts: an object created in between changes the quota, and the update
    /// is refused; one deleted in between is not counted. Informers, each at its own resourceVersion, could not promise
    /// that.
    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        let found = try await ignoringNotFound(
            await client.get(ResourceQuotaController.quotas, namespace: key.namespace, name: key.name))
        guard let quota = found.map({ Quota($0) }) else { return .done }
        let bounds = quota.wanted.names
        let reconciler = ResourceQuotaReconciler(quota: quota)
        var used = reconciler.nothing
        let counted = resources.all.filter(\.isNamespaced).map(\.resource)
        for resource in counted where !QuotaUsage.matching(bounds, resource.groupResource).isEmpty {
            for object in try await client.list(resource, namespace: key.namespace).objects {
                used = used + reconciler.usage(of: object.value, resource.groupResource)
            }
        }
        guard let changed = reconciler.plan(used: used) else { return .done }
        try await client.update(ResourceQuotaController.quotas, changed, subresource: "status")
        return .done
    }
}
