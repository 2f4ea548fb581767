package import FairleadClient
package import FairleadModel

/// Empties namespaces that are being deleted and then lets them go. `namespace-controller` of Kubernetes.
///
/// Every deletion in a terminating namespace makes it look again, so that nothing waits for a timer.
package final class NamespaceController: Controller {
    package let name = "namespace-controller"
    private let informers: [Informer]
    private let runner: ControllerRunner<String>

    /// - Parameter resources: what can be in a namespace; cluster-scoped ones are ignored.
    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment, resources: ManagedResources
    ) {
        let queue = WorkQueue<String>()
        let namespaces = informers.informer(.namespaces)
        let worker = NamespaceWorker(
            client: client, resources: { resources.all.filter(\.isNamespaced).map(\.resource) }, now: environment.now)
        runner = ControllerRunner(name: name, workers: 4, queue: queue) { try await worker.reconcile($0) }
        self.informers = [namespaces]
        namespaces.addHandler { change in
            if change.new?.value.deletionTimestamp != nil { queue.add(change.name.name) }
        }
        let lister = namespaces.lister
        resources.attach { managed, informer in
            guard managed.isNamespaced, managed.resource != .events else { return }
            informer.addHandler { change in
                guard change.isDeletion else { return }
                let namespace = change.name.namespace
                if lister.get(namespace: "", name: namespace)?.value.deletionTimestamp != nil { queue.add(namespace) }
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }
}
