package import FairleadClient
package import FairleadModel

/// Keeps the (deprecated) Endpoints object of every Service with a selector equal to the pods it selects.
///
/// A change by hand stays until something else makes the Service be looked at; a deleted object is made again.
package struct EndpointsController: Controller {
    package let name = "endpoints-controller"
    private let runner: ControllerRunner<ObjectName>
    private let informers: [Informer]
    private let recorder: EventRecorder

    package init(informers: InformerSet, environment: Environment, clock: any DelayClock = SystemDelayClock()) {
        let queue = WorkQueue<ObjectName>(clock: clock, backoff: .endpoints)
        let services = informers.informer(.services)
        let pods = informers.informer(.pods)
        let endpoints = informers.informer(.endpoints)
        let servicePods = ServicePods(services: services, pods: pods)
        let recorder = EventRecorder(
            client: informers.client, component: "endpoint-controller", environment: environment)
        let worker = EndpointsWorker(informers: informers, servicePods: servicePods, recorder: recorder)

        services.addHandler { queue.add($0.name) }
        pods.addHandler { change in
            for service in servicePods.services(affectedBy: change) { queue.add(service) }
        }
        let serviceLister = services.lister
        endpoints.addHandler { change in
            let isAwaited = worker.isAwaited(change)
            if change.isDeletion || isAwaited {
                queue.add(change.name)
            } else if change.isAddition, serviceLister.hasSynced, serviceLister.get(change.name) == nil,
                change.new?.labels[EndpointsReconciler.managedByLabel] == EndpointsReconciler.manager
            {
                // Made by us for a Service that went meanwhile.
                queue.add(change.name)
            }
        }
        self.recorder = recorder
        self.informers = [services, pods, endpoints]
        runner = ControllerRunner(name: name, workers: 4, queue: queue) { try await worker.reconcile($0) }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
