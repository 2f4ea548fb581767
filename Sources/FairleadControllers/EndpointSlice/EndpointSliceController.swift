package import FairleadClient
import FairleadModel

/// Keeps the EndpointSlices of every Service with a selector in line with the pods it selects.
package enum EndpointSliceController {
    package static let descriptor = ControllerDescriptor(
        "endpointslice-controller", alias: "endpointslice", workers: 4, backoff: .endpoints
    ) { (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let services = setup.watch(.services) { [$0.name] }
        let pods = setup.watch(.pods)
        let servicePods = ServicePods(services: services, pods: pods)
        let worker = EndpointSliceWorker(
            setup.client, services: services.lister, nodes: setup.watch(.nodes).lister, servicePods: servicePods,
            slices: ServiceSlices(setup.informers), recorder: setup.recorder(component: "endpoint-slice-controller"))
        let pacer = ChangePacer<ObjectName>(clock: setup.clock)
        setup.map(pods, pacedBy: pacer) { servicePods.services(affectedBy: $0) }
        setup.map(setup.watch(.endpointSlices), pacedBy: pacer) { worker.services(affectedBy: $0) }
        setup.map(setup.watch(.nodes), pacedBy: pacer) { change in
            let overloaded = worker.services(overloadedBy: change)
            // Whether a node exists decides whether its pods are endpoints. A node that moves to another zone is
            // noticed at the next sync, as in Kubernetes.
            guard change.isAddition || change.isDeletion else { return overloaded }
            return overloaded + servicePods.pods(onNode: change.name.name).flatMap { servicePods.services(of: $0) }
        }
        return { key in
            try await pacer.pace(key, items: { servicePods.size(of: key) }) { try await worker.reconcile(key) }
        }
    }
}
