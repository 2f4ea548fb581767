package import FairleadClient
import FairleadModel

/// Deletes the objects of a CustomResourceDefinition that is being deleted, then removes its finalizer. Kubernetes'
/// `CRDFinalizer`.
package enum CleanupController {
    package static let descriptor = ControllerDescriptor("crd-finalizer-controller", workers: 4) {
        (setup: ControllerSetup<String>, settings: ControllerSettings) in
        let definitions = setup.watch(.customResourceDefinitions) { change in
            change.new?.value.deletionTimestamp == nil ? [] : [change.name.name]
        }
        let lister = definitions.lister
        settings.resources.attach { managed, informer in
            let definition = "\(managed.resource.resource).\(managed.resource.group)"
            setup.map(informer) { change in
                // This may have been the last object that the deletion waited for.
                guard change.isDeletion,
                    lister.get(namespace: "", name: definition)?.value.deletionTimestamp != nil
                else { return [] }
                return [definition]
            }
        }
        let worker = CleanupWorker(client: setup.client, now: setup.now)
        return { try await worker.reconcile($0) }
    }
}
