package import FairleadClient
package import FairleadModel

/// Stands in for a cloud: gives Services of type LoadBalancer addresses from pools.
///
/// Without it there is no cloud, and Services stay pending without a finalizer. Services with somebody else's loadBalancerClass are never touched. A Service that finds
/// the pool empty says so in an event and a condition, and gets the next address that becomes free.
package struct LoadBalancerController: Controller {
    package let name = "service-lb-controller"
    private let runner: ControllerRunner<ObjectName>
    private let informers: [Informer]
    private let recorder: EventRecorder

    package init(
        informers: InformerSet, pools: [LoadBalancerPool], loadBalancerClass: String? = nil, environment: Environment,
        clock: any DelayClock = SystemDelayClock()
    ) {
        let queue = WorkQueue<ObjectName>(clock: clock)
        let services = informers.informer(.services)
        let recorder = EventRecorder(
            client: informers.client, component: "service-controller", environment: environment)
        let worker = LoadBalancerWorker(
            informers: informers, pools: pools, className: loadBalancerClass, recorder: recorder,
            environment: environment)
        services.addHandler { change in
            for service in worker.services(affectedBy: change) { queue.add(service) }
        }
        self.recorder = recorder
        self.informers = [services]
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { key in
            try await worker.reconcile(key) { freed in
                for service in freed { queue.add(service) }
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
