package import FairleadClient
package import FairleadModel

/// Deletes the objects of a CustomResourceDefinition that is being deleted, and then lets it go. Kubernetes'
/// `CRDFinalizer`.
package final class CleanupController: Controller {
    package let name = "crd-finalizer"
    private let informers: [Informer]
    private let runner: ControllerRunner<String>

    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment, resources: ManagedResources
    ) {
        let queue = WorkQueue<String>()
        let definitions = informers.informer(.customResourceDefinitions)
        let worker = CleanupWorker(client: client, now: environment.now)
        runner = ControllerRunner(name: name, workers: 4, queue: queue) { try await worker.reconcile($0) }
        self.informers = [definitions]
        definitions.addHandler { change in
            if change.new?.value.deletionTimestamp != nil { queue.add(change.name.name) }
        }
        let lister = definitions.lister
        resources.attach { managed, informer in
            let definition = "\(managed.resource.resource).\(managed.resource.group)"
            informer.addHandler { change in
                guard change.isDeletion else { return }
                // The last object that was waited for may be gone.
                if lister.get(namespace: "", name: definition)?.value.deletionTimestamp != nil { queue.add(definition) }
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }
}
