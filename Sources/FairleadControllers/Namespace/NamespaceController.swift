package import FairleadClient
import FairleadModel

/// Empties namespaces that are being deleted, then finalizes them.
///
/// Every deletion in a terminating namespace triggers another reconcile, so that nothing waits for a timer; while many
/// pods are ending, several deletions share one.
package enum NamespaceController {
    package static let descriptor = ControllerDescriptor("namespace-controller", alias: "namespace", workers: 4) {
        (setup: ControllerSetup<String>, settings: ControllerSettings) in
        let namespaces = setup.watch(.namespaces) { change in
            change.new?.value.deletionTimestamp == nil ? [] : [change.name.name]
        }
        let lister = namespaces.lister
        let pods = setup.informers.lister(.pods)
        let pacer = ChangePacer<String>(clock: setup.clock)
        let resources = settings.resources
        resources.attach { managed, informer in
            guard managed.isNamespaced, managed.resource != .events else { return }
            setup.map(informer, pacedBy: pacer) { change in
                let namespace = change.name.namespace
                guard change.isDeletion,
                    lister.get(namespace: "", name: namespace)?.value.deletionTimestamp != nil
                else { return [] }
                return [namespace]
            }
        }
        let worker = NamespaceWorker(
            client: setup.client, resources: { resources.all.filter(\.isNamespaced).map(\.resource) }, now: setup.now)
        return { name in
            try await pacer.pace(name, items: { pods.list(namespace: name).count }) { try await worker.reconcile(name) }
        }
    }
}
