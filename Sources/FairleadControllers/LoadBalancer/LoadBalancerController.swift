package import FairleadClient
import FairleadModel

/// Replaces the cloud provider: gives Services of type LoadBalancer addresses from pools.
///
/// Without it there is no cloud, and Services stay pending without a finalizer. Services with another loadBalancerClass
/// are never touched. A Service that finds the pool empty says so in an event and a condition, and gets the next
/// address that becomes free.
package enum LoadBalancerController {
    package static let descriptor = ControllerDescriptor(
        "service-lb-controller", alias: "service", isStandIn: true, workers: 1
    ) { (setup: ControllerSetup<ObjectName>, settings: ControllerSettings) in
        let services = setup.watch(.services)
        let worker = LoadBalancerWorker(
            setup.client, services: services.lister, pools: settings.loadBalancerPools,
            className: settings.loadBalancerClass, recorder: setup.recorder(component: "service-controller"),
            now: setup.now)
        setup.map(services) { worker.services(affectedBy: $0) }
        let queue = setup.queue
        return { key in
            try await worker.reconcile(key) { freed in
                for service in freed { queue.add(service) }
            }
        }
    }
}
