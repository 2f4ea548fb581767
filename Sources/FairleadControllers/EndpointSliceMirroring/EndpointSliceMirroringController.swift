package import FairleadClient
import FairleadModel

/// Mirrors Endpoints objects of Services without a selector into EndpointSlices, for consumers that read only slices.
package enum EndpointSliceMirroringController {
    package static let descriptor = ControllerDescriptor(
        "endpointslice-mirroring-controller", alias: "endpointslicemirroring", workers: 2, backoff: .endpoints
    ) { (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let services = setup.watch(.services) { change in
            // Only whether there is a selector matters.
            if let old = change.old, let new = change.new,
                (ServiceView(old).selector == nil) == (ServiceView(new).selector == nil)
            {
                return []
            }
            return [change.name]
        }
        let lister = services.lister
        let endpoints = setup.watch(.endpoints) { change in
            // Endpoints of a Service with a selector belong to the endpoints controller and are not mirrored.
            if !change.isDeletion, let service = lister.get(change.name), ServiceView(service).selector != nil {
                return []
            }
            return [change.name]
        }
        let worker = EndpointSliceMirroringWorker(
            setup.client, services: lister, endpoints: endpoints.lister, slices: ServiceSlices(setup.informers),
            recorder: setup.recorder(component: "endpoint-slice-mirroring-controller"))
        setup.watch(.endpointSlices) { worker.owner(affectedBy: $0).map { [$0] } ?? [] }
        return { try await worker.reconcile($0) }
    }
}
