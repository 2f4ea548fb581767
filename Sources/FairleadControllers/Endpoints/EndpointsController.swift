package import FairleadClient
import FairleadModel

/// Keeps the (deprecated) Endpoints object of every Service with a selector in line with the pods it selects.
///
/// A manual change stays until something else triggers a reconcile of the Service; a deleted object is created again.
package enum EndpointsController {
    package static let descriptor = ControllerDescriptor(
        "endpoints-controller", alias: "endpoint", workers: 4, backoff: .endpoints
    ) { (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let services = setup.watch(.services) { [$0.name] }
        let pods = setup.watch(.pods)
        let endpoints = setup.watch(.endpoints)
        let servicePods = ServicePods(services: services, pods: pods)
        let worker = EndpointsWorker(
            setup.client, services: services.lister, endpoints: endpoints.lister, servicePods: servicePods,
            recorder: setup.recorder(component: "endpoint-controller"))
        let pacer = ChangePacer<ObjectName>(clock: setup.clock)
        setup.map(pods, pacedBy: pacer) { servicePods.services(affectedBy: $0) }
        let lister = services.lister
        setup.map(endpoints) { change in
            let isAwaited = worker.isAwaited(change)
            if change.isDeletion || isAwaited { return [change.name] }
            // Created by us for a Service that has been deleted in the meantime.
            let isLeftOver =
                change.isAddition && lister.hasSynced && lister.get(change.name) == nil
                && change.new?.labels[EndpointsReconciler.managedByLabel] == EndpointsReconciler.manager
            return isLeftOver ? [change.name] : []
        }
        return { key in
            try await pacer.pace(key, items: { servicePods.size(of: key) }) { try await worker.reconcile(key) }
        }
    }
}
