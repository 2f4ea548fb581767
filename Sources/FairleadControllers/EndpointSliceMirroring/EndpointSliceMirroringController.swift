package import FairleadClient
package import FairleadModel

/// Mirrors Endpoints objects of Services without selector into EndpointSlices, for consumers that read only slices.
package struct EndpointSliceMirroringController: Controller {
    package let name = "endpointslicemirroring-controller"
    private let runner: ControllerRunner<ObjectName>
    private let informers: [Informer]
    private let recorder: EventRecorder

    package init(informers: InformerSet, environment: Environment, clock: any DelayClock = SystemDelayClock()) {
        let queue = WorkQueue<ObjectName>(clock: clock, backoff: .endpoints)
        let services = informers.informer(.services)
        let endpoints = informers.informer(.endpoints)
        let slices = ServiceSlices(informers)
        let recorder = EventRecorder(
            client: informers.client, component: "endpoint-slice-mirroring-controller", environment: environment)
        let worker = EndpointSliceMirroringWorker(informers: informers, slices: slices, recorder: recorder)

        services.addHandler { change in
            // Only having or not having a selector matters.
            if let old = change.old, let new = change.new,
                (ServiceView(old).selector == nil) == (ServiceView(new).selector == nil)
            {
                return
            }
            queue.add(change.name)
        }
        let serviceLister = services.lister
        endpoints.addHandler { change in
            // Endpoints beside a selector are the endpoints controller's, and nothing is mirrored.
            if !change.isDeletion, let service = serviceLister.get(change.name),
                ServiceView(service).selector != nil
            {
                return
            }
            queue.add(change.name)
        }
        slices.informer.addHandler { change in
            if let owner = worker.owner(affectedBy: change) { queue.add(owner) }
        }
        self.recorder = recorder
        self.informers = [services, endpoints, slices.informer]
        runner = ControllerRunner(name: name, workers: 2, queue: queue) { try await worker.reconcile($0) }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
