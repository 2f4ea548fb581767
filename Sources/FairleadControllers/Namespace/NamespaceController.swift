package import FairleadClient
import FairleadModel

/// Empties namespaces that are being deleted, then finalizes them.
///
/// Every deletion in a terminating namespace triggers another reconcile, so that nothing waits for a timer.
package enum NamespaceController {
    package static let descriptor = ControllerDescriptor("namespace-controller", alias: "namespace", workers: 4) {
        (setup: ControllerSetup<String>, settings: ControllerSettings) in
        let namespaces = setup.watch(.namespaces) { change in
            change.new?.value.deletionTimestamp == nil ? [] : [change.name.name]
        }
        let lister = namespaces.lister
        let resources = settings.resources
        resources.attach { managed, informer in
            guard managed.isNamespaced, managed.resource != .events else { return }
            setup.map(informer) { change in
                let namespace = change.name.namespace
                guard change.isDeletion,
                    lister.get(namespace: "", name: namespace)?.value.deletionTimestamp != nil
                else { return [] }
                return [namespace]
            }
        }
        let worker = NamespaceWorker(
            client: setup.client, resources: { resources.all.filter(\.isNamespaced).map(\.resource) }, now: setup.now)
        return { try await worker.reconcile($0) }
    }
}
